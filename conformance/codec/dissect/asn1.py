"""What ASN.1 elements say, in words, and the listener that follows them into what they wrap.

The one rule: an element is followed only to show more of it; whether that can be read changes nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.codec import der, extension, pkcs10, spki
from conformance.codec.der import tags
from conformance.codec.dissect.extensions import in_words
from conformance.codec.dissect.oids import NAMES
from conformance.codec.dissect.rows import Recorder
from conformance.codec.dissect.text import counted, quoted
from conformance.codec.heard import Heard
from conformance.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

_DECIMAL_OCTETS: Final = 20
_DEEPEST: Final = 24
_TIMES: Final = (tags.UTC_TIME, tags.GENERALIZED_TIME)


def say(element: der.Element) -> str:
    """What an element says: its value where that is short, otherwise its type and size."""
    if element.missing:
        return f"{_size(element)}, {element.missing} of them missing"
    try:
        return _say(element)
    except DecodeError as error:
        return f"{tags.describe(element.tag)}: {error.problem}"


def _say(element: der.Element) -> str:
    content, start = element.content, element.start
    simple: dict[int, Callable[[], str]] = {
        tags.OBJECT_IDENTIFIER: lambda: oid(der.decode_oid(content, offset=start)),
        tags.INTEGER: lambda: _number(der.decode_integer(content, offset=start, strict=False), len(content)),
        tags.BOOLEAN: lambda: "true" if der.decode_boolean(content, offset=start, strict=False) else "false",
        tags.NULL: lambda: "NULL",
        tags.BIT_STRING: lambda: _bits(*der.decode_bit_string(content, offset=start, strict=False)),
    }
    if element.tag in simple:
        return simple[element.tag]()
    if element.tag in _TIMES:
        return der.decode_time(element, "time").strftime("%Y-%m-%d %H:%M:%S UTC")
    if element.tag in der.STRINGS:
        return f"{quoted(der.decode_string(element.tag, content, offset=start))} {tags.describe(element.tag)}"
    return _size(element)


def _size(element: der.Element) -> str:
    return f"{tags.describe(element.tag)}, {counted(len(element.content) + element.missing)}"


def oid(dotted: str) -> str:
    """An object identifier, with its name where it has one."""
    return f"{dotted} {NAMES[dotted]}" if dotted in NAMES else dotted


def _number(value: int, size: int) -> str:
    return str(value) if size <= _DECIMAL_OCTETS else f"a number of {value.bit_length()} bits"


def _bits(content: bytes, unused: int) -> str:
    return f"BIT STRING, {counted(len(content))}" + (f", {unused} bit{'s' * (unused != 1)} unused" if unused else "")


class Asn1Recorder(Recorder):
    """Hears a request or a certificate, and reads on in keys, extension requests and extension values."""

    def __init__(self) -> None:
        super().__init__(lambda heard: say(heard.value) if isinstance(heard.value, der.Element) else "")
        self._oid = ""
        self._follow: dict[str, Callable[[der.Element, int], None]] = {
            "subjectPublicKey": self._key,
            "extensions": self._requested,
            "extnValue": self._value,
        }

    def __call__(self, heard: Heard) -> None:
        """Keep a row, and those of what it wraps."""
        if self.full:
            return
        element = heard.value
        if not isinstance(element, der.Element):
            super().__call__(heard)
            return
        if element.tag == tags.OBJECT_IDENTIFIER and heard.field != "parameters":
            self._oid = say(element).split(" ")[0]
        if heard.field == "extnValue":
            self.key_of(heard)
            self.add(heard, in_words(self._oid, element) or say(element), f"extension {self._oid}")
        else:
            super().__call__(heard)
        if heard.field in self._follow:
            behind = self.count()
            self._follow[heard.field](element, heard.depth + 1)
            self.split(behind)

    def _key(self, element: der.Element, depth: int) -> None:
        if element.tag != tags.BIT_STRING or self._oid != spki.RSA_ENCRYPTION:
            return
        walk = der.Cursor(
            element.content[1:], spki.RSA_STRUCTURE, base=element.start + 1, strict=False, listen=self, depth=depth
        )
        self._attempt(lambda: spki.read_rsa(walk), element, depth)

    def _requested(self, element: der.Element, depth: int) -> None:
        """The extensions an attribute asks for; those of a certificate are read, and heard, by its codec."""
        if self._oid != pkcs10.EXTENSION_REQUEST:
            return
        walk = der.Cursor(
            element.content, element.structure, base=element.start, strict=False, listen=self, depth=depth
        )
        self._attempt(lambda: extension.read_each(walk), element, depth)

    def _value(self, element: der.Element, depth: int) -> None:
        """Whatever elements an extension's value is; octets that are none stay as they are."""
        try:
            tops = der.read_all(element.content, base=element.start, strict=False)
        except DecodeError:
            return
        waiting = [(top, depth) for top in reversed(tops)]
        while waiting and not self.full:
            one, level = waiting.pop()
            part = Heard(one.offset, level, tags.describe(one.tag), one.head if one.constructed else one.raw, one)
            self.add(part, say(one).removeprefix(f"{part.field}, ").removesuffix(f" {part.field}"), self.key_of(part))
            if one.constructed and level < _DEEPEST:
                waiting.extend((child, level + 1) for child in reversed(_children(one)))

    def _attempt(self, read: Callable[[], object], element: der.Element, depth: int) -> None:
        """Read on; a fault is kept as a row, unless the element itself is cut off, which is said of the whole."""
        try:
            read()
        except DecodeError as error:
            if not element.missing:
                fault = Heard(error.offset, depth, "(fault)", b"", "")
                self.add(fault, f"{error.problem} at offset {error.offset}", self.key_of(fault))


def _children(element: der.Element) -> tuple[der.Element, ...]:
    try:
        return element.children()
    except DecodeError:
        return ()
