"""A walk over elements that stand one after the other: what comes next, by name, or what should have.

The one rule: whoever reads a structure takes its parts in order and then says `finish`, so that nothing is left unread.
"""

from __future__ import annotations

from conformance.codec.der import tags, values
from conformance.codec.der.reading import Element, read
from conformance.errors import DecodeError


class Cursor:
    """A walk over a series of elements; `base` is where `data` lies in the outermost input."""

    __slots__ = ("base", "data", "position", "strict", "structure")

    def __init__(self, data: bytes, structure: str, *, base: int = 0, strict: bool = True) -> None:
        self.data = data
        self.structure = structure
        self.base = base
        self.strict = strict
        self.position = 0

    @classmethod
    def of(cls, element: Element) -> Cursor:
        """A walk over an element's content."""
        return cls(element.content, element.structure, base=element.start, strict=element.strict)

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

    def next(self, what: str = "an element") -> Element:
        """The next element, whatever it is."""
        if self.at_end:
            raise DecodeError(self.structure, self.offset, f"{what} is missing")
        element = read(self.data, self.structure, offset=self.position, base=self.base, strict=self.strict)
        self.position = element.end - self.base
        return element

    def take(self, tag: int, what: str) -> Element:
        """The next element, which must have this tag; `what` is its name in the structure."""
        element = self.next(what)
        if element.tag != tag:
            problem = f"{what} must be {tags.describe(tag)}, {tags.describe(element.tag)} stands there"
            raise DecodeError(self.structure, element.offset, problem)
        return element

    def into(self, tag: int, what: str) -> Cursor:
        """A walk over the content of the next element, which must have this tag."""
        return Cursor.of(self.take(tag, what))

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
