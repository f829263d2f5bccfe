"""Reading of DER (X.690 section 10), one element at a time and never by recursion, so depth costs a caller nothing.

The one rule: strict reads what DER allows and nothing else of identifiers and lengths; lenient reads also BER's lengths
that are longer than they need be, as the field writes them (`04 81 10 ...`). Both refuse indefinite lengths.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from conformance.codec.der.tags import CONSTRUCTED
from conformance.errors import DecodeError

_HIGH: Final = 0x1F
_MAX_IDENTIFIER: Final = 5
_LONG: Final = 0x80
_RESERVED: Final = 0xFF


@dataclass(frozen=True, slots=True)
class Element:
    """One identifier-length-content triple.

    `tag` is the identifier octets as one number (0x30 is SEQUENCE); `offset` the position of the first of them in the
    outermost input; `head` the identifier and length octets as they stand; `minimal` whether they are the shortest;
    `missing` how many octets of the content are not there (only where a cut was allowed).
    """

    tag: int
    offset: int
    head: bytes
    content: bytes
    minimal: bool
    structure: str = field(default="DER", compare=False)
    strict: bool = field(default=True, compare=False)
    missing: int = 0

    @property
    def header(self) -> int:
        """The number of identifier and length octets."""
        return len(self.head)

    @property
    def start(self) -> int:
        """The offset of the first content octet."""
        return self.offset + len(self.head)

    @property
    def end(self) -> int:
        """The offset behind the last content octet."""
        return self.start + len(self.content)

    @property
    def raw(self) -> bytes:
        """The whole element, octet for octet as it stood."""
        return self.head + self.content

    @property
    def constructed(self) -> bool:
        """Whether the content is itself a series of elements."""
        first = self.tag >> 8 * ((self.tag.bit_length() - 1) // 8) if self.tag else 0
        return bool(first & CONSTRUCTED)

    def children(self) -> tuple[Element, ...]:
        """The elements of the content, their offsets in the outermost input."""
        return read_all(self.content, self.structure, base=self.start, strict=self.strict)


def read(
    data: bytes, structure: str = "DER", *, offset: int = 0, base: int = 0, strict: bool = True, cut: bool = False
) -> Element:
    """The element that begins at `offset` of `data`; `base` is where `data` lies in the outermost input.

    With `cut`, an element whose content ends early is given with what is there of it.
    """
    tag, behind_tag = _identifier(data, structure, offset, base, strict=strict)
    length, start, minimal = _length(data, structure, behind_tag, base, strict=strict)
    missing = max(0, start + length - len(data))
    if missing and not cut:
        problem = f"cut off: {length} octets announced, {length - missing} are there"
        raise DecodeError(structure, base + len(data), problem)
    content = data[start : start + length]
    return Element(tag, base + offset, data[offset:start], content, minimal, structure, strict, missing)


def read_all(data: bytes, structure: str = "DER", *, base: int = 0, strict: bool = True) -> tuple[Element, ...]:
    """Every element of `data`, one after the other, to its last octet."""
    elements = []
    position = 0
    while position < len(data):
        element = read(data, structure, offset=position, base=base, strict=strict)
        elements.append(element)
        position = element.end - base
    return tuple(elements)


def _identifier(data: bytes, structure: str, offset: int, base: int, *, strict: bool) -> tuple[int, int]:
    """The identifier octets as one number, and the offset behind them."""
    if offset >= len(data):
        raise DecodeError(structure, base + len(data), "cut off before an identifier octet")
    first = data[offset]
    end = offset + 1
    if first & _HIGH == _HIGH:
        end = _high_tag_end(data, structure, offset, base, strict=strict)
    elif strict and first == 0:
        raise DecodeError(structure, base + offset, "end-of-contents octets, which DER does not have")
    return int.from_bytes(data[offset:end], "big"), end


def _high_tag_end(data: bytes, structure: str, offset: int, base: int, *, strict: bool) -> int:
    """The offset behind an identifier of several octets (X.690 8.1.2.4)."""
    end = offset + 1
    while end < len(data) and data[end] & _LONG:
        end += 1
        if end - offset >= _MAX_IDENTIFIER:
            raise DecodeError(structure, base + offset, f"a tag of more than {_MAX_IDENTIFIER} identifier octets")
    if end >= len(data):
        raise DecodeError(structure, base + len(data), "cut off within an identifier")
    if strict and (data[offset + 1] == _LONG or data[offset + 1] < _HIGH):
        raise DecodeError(structure, base + offset + 1, "a tag number that is not written in its shortest form")
    return end + 1


def _length(data: bytes, structure: str, offset: int, base: int, *, strict: bool) -> tuple[int, int, bool]:
    """The content's length, the offset of its first octet, and whether the length is in its shortest form."""
    if offset >= len(data):
        raise DecodeError(structure, base + len(data), "cut off before a length octet")
    first = data[offset]
    if first < _LONG:
        return first, offset + 1, True
    if first in (_LONG, _RESERVED):
        kind = "an indefinite length" if first == _LONG else "the reserved length octet 0xff"
        raise DecodeError(structure, base + offset, f"{kind}, which DER does not have")
    start = offset + 1 + (first & 0x7F)
    if start > len(data):
        raise DecodeError(structure, base + len(data), "cut off within a length")
    length = int.from_bytes(data[offset + 1 : start], "big")
    minimal = data[offset + 1] != 0 and length >= _LONG
    if strict and not minimal:
        raise DecodeError(structure, base + offset, f"a length ({length}) that is not written in its shortest form")
    return length, start, minimal
