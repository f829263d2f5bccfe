"""Every element of some DER, wherever it lies, and the same DER with one of them changed and all around it made anew.

The one rule: a path is the way from the outermost element, a number per level; elements that an OCTET STRING or a BIT
STRING holds as a whole (an extension's value, a public key) are levels like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from conformance.codec import der
from conformance.codec.der import tags
from conformance.errors import CatalogueError, DecodeError

Path = tuple[int, ...]
Change = Callable[[bytes], bytes]
TBS: Final[Path] = (0,)
SPKI: Final[Path] = (0, 2)


@dataclass(frozen=True, slots=True)
class Place:
    """An element of some DER: the way to it, its tag, where it begins, where its content does, and where it ends."""

    path: Path
    tag: int
    start: int
    content: int
    end: int

    @property
    def words(self) -> str:
        """The element as a sentence names it."""
        way = ".".join(map(str, self.path)) or "the outermost"
        return f"{tags.describe(self.tag)} ({way}, offset {self.start})"

    @property
    def name(self) -> str:
        """The way to it, in a name of words and hyphens."""
        return "-".join(map(str, self.path)) or "outermost"


def walk(octets: bytes) -> tuple[Place, ...]:
    """Every element, each before those it holds. DecodeError when the octets are not one element of DER."""
    return tuple(_walk(der.exact(octets), ()))


def rebuilt(octets: bytes, path: Path, change: Change) -> bytes:
    """The DER with the element at `path` changed; the lengths of all it lies in follow."""
    if not path:
        return change(octets)
    element = der.exact(octets)
    before, parts = _held(element)
    if path[0] >= len(parts):
        raise CatalogueError(f"there is no element {path[0]} where a walk over the same request found one")
    pieces = [part.raw for part in parts]
    pieces[path[0]] = rebuilt(pieces[path[0]], path[1:], change)
    return der.tlv(element.tag, before + b"".join(pieces))


def _walk(element: der.Element, path: Path) -> list[Place]:
    places = [Place(path, element.tag, element.offset, element.start, element.end)]
    _, parts = _held(element)
    for index, part in enumerate(parts):
        places += _walk(part, (*path, index))
    return places


def _held(element: der.Element) -> tuple[bytes, tuple[der.Element, ...]]:
    """What stands before the elements that this one holds, and those; none where it holds something else."""
    before = b"\0" if element.tag == tags.BIT_STRING and element.content[:2] == b"\0\x30" else b""
    if not (element.constructed or before or element.tag == tags.OCTET_STRING):
        return b"", ()
    start = element.start + len(before)
    try:
        parts = der.read_all(element.content[len(before) :], base=start)
    except DecodeError:
        return b"", ()
    return before, parts if element.constructed or len(parts) == 1 else ()
