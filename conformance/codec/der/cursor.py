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

_LONG = 0x80  # from here on a length is of more octets
_TWO_MORE = 0x82  # of two more, that is; what is of one more is rare, and read by `take`
_ONE_OCTET = 0xFF  # the largest length that one more octet says


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
        return self._over(element.content, element.start, what)

    def _over(self, content: bytes, start: int, what: str) -> Cursor:
        inner = Cursor(content, self.structure, base=start, strict=self.strict, listen=self.listen)
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
        return self._over(*self._content(tag, what), what)

    def _content(self, tag: int, what: str) -> tuple[bytes, int]:
        """The content of the next element, which must have this tag, and where it stands in the outermost input."""
        data, start = self.data, self.position + 2
        if self.listen is nobody and start <= len(data) and data[start - 2] == tag:
            length = data[start - 1]
            if length == _TWO_MORE and start + 2 <= len(data):
                length, start = data[start] << 8 | data[start + 1], start + 2
                odd = length <= _ONE_OCTET
            else:
                odd = length >= _LONG
            if not odd and start + length <= len(data):  # as nearly all are; `take` reads the others, or says why not
                self.position = start + length
                return data[start : start + length], self.base + start
        element = self.take(tag, what)
        return element.content, element.start

    def optional(self, tag: int, what: str) -> Element | None:
        """The next element when it has this tag (of one octet); otherwise None, and nothing is consumed."""
        return self.take(tag, what) if self.peek() == tag else None

    def integer(self, what: str) -> int:
        """The signed value of the INTEGER that comes next."""
        content, start = self._content(tags.INTEGER, what)
        return values.decode_integer(content, self.structure, start, strict=self.strict)

    def oid(self, what: str) -> str:
        """The dotted decimal of the OBJECT IDENTIFIER that comes next."""
        content, start = self._content(tags.OBJECT_IDENTIFIER, what)
        return values.decode_oid(content, self.structure, start)

    def octets(self, what: str) -> tuple[bytes, int]:
        """The octets of the BIT STRING that comes next, which must be whole ones, and where they stand."""
        content, start = self._content(tags.BIT_STRING, what)
        octets = values.decode_octets(content, self.structure, start, strict=self.strict)
        return octets, start + 1

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
