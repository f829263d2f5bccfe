"""A walk over elements that stand one after the other: what comes next, by name, or what should have.

The one rule: whoever reads a structure takes its parts in order and then says `finish`, so that nothing is left unread.
What is read is told to whoever listens; for a listener an element that is cut off is read as far as it goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.codec.der import tags, values
from conformance.codec.der.reading import Element, read
from conformance.codec.heard import Heard, nobody
from conformance.errors import DecodeError

if TYPE_CHECKING:
    from conformance.codec.heard import Listener


class Cursor:
    """A walk over a series of elements; `base` is where `data` lies in the outermost input, `path` what it is in."""

    __slots__ = ("base", "data", "depth", "listen", "path", "position", "strict", "structure")

    def __init__(
        self,
        data: bytes,
        structure: str,
        *,
        base: int = 0,
        strict: bool = True,
        listen: Listener = nobody,
        depth: int = 0,
    ) -> None:
        self.data = data
        self.structure = structure
        self.base = base
        self.strict = strict
        self.position = 0
        self.path = ""
        self.depth = depth
        self.listen = listen

    def inside(self, element: Element, what: str = "") -> Cursor:
        """A walk over the content of an element of this walk, whose name was `what`."""
        inner = Cursor(element.content, self.structure, base=element.start, strict=self.strict, listen=self.listen)
        inner.path = (
            f"{self.path}{what}." if what and self.depth else self.path
        )  # the outermost is the structure itself
        inner.depth = self.depth + 1
        return inner

    @property
    def offset(self) -> int:
        """Where the next element begins, in the outermost input."""
        return self.base + self.position

    @property
    def at_end(self) -> bool:
        """Whether nothing follows."""
        return self.position >= len(self.data)

    def peek(self) -> int | None:
        """The first identifier octet of what follows; None at the end."""
        return None if self.at_end else self.data[self.position]

    def next(self, what: str) -> Element:
        """The next element, whatever it is; `what` is its name in the structure."""
        if self.at_end:
            raise DecodeError(self.structure, self.offset, f"{self.path}{what} is missing")
        heard = self.listen is not nobody
        try:
            element = read(
                self.data, self.structure, offset=self.position, base=self.base, strict=self.strict, cut=heard
            )
        except DecodeError:
            self.listen(Heard(self.offset, self.depth, what, self.data[self.position :], None))
            raise
        if heard:
            octets = element.head if element.constructed else element.raw
            self.listen(Heard(element.offset, self.depth, what, octets, element))
        if element.missing and not element.constructed:
            problem = f"{self.path}{what} is cut off: {element.missing} octets more are announced"
            raise DecodeError(self.structure, element.end, problem)
        self.position = element.end - self.base
        return element

    def take(self, tag: int, what: str) -> Element:
        """The next element, which must have this tag."""
        element = self.next(what)
        if element.tag != tag:
            problem = f"{self.path}{what} must be {tags.describe(tag)}, {tags.describe(element.tag)} stands there"
            raise DecodeError(self.structure, element.offset, problem)
        return element

    def into(self, tag: int, what: str) -> Cursor:
        """A walk over the content of the next element, which must have this tag."""
        return self.inside(self.take(tag, what), what)

    def optional(self, tag: int, what: str) -> Element | None:
        """The next element when it has this tag (of one octet); otherwise None, and nothing is consumed."""
        return self.take(tag, what) if self.peek() == tag else None

    def integer(self, what: str) -> int:
        """The signed value of the INTEGER that comes next."""
        element = self.take(tags.INTEGER, what)
        return values.decode_integer(element.content, self.structure, element.start, strict=self.strict)

    def oid(self, what: str) -> str:
        """The dotted decimal of the OBJECT IDENTIFIER that comes next."""
        element = self.take(tags.OBJECT_IDENTIFIER, what)
        return values.decode_oid(element.content, self.structure, element.start)

    def octets(self, what: str) -> tuple[bytes, int]:
        """The octets of the BIT STRING that comes next, which must be whole ones, and where they stand."""
        element = self.take(tags.BIT_STRING, what)
        octets = values.decode_octets(element.content, self.structure, element.start, strict=self.strict)
        return octets, element.start + 1

    def finish(self) -> None:
        """Nothing may follow."""
        if not self.at_end:
            left = len(self.data) - self.position
            raise DecodeError(self.structure, self.offset, f"{left} octets follow where nothing may")


def exact(
    data: bytes, structure: str = "DER", *, tag: int | None = None, base: int = 0, strict: bool = True
) -> Element:
    """The one element that `data` is, to its last octet; with `tag`, of that tag."""
    cursor = Cursor(data, structure, base=base, strict=strict)
    element = cursor.next("the element") if tag is None else cursor.take(tag, "the outermost element")
    cursor.finish()
    return element
