"""Content octets of primitive types, read into values (X.690 section 8, with section 11's narrowing where DER has one).

The one rule: every function takes content octets with the structure and offset they stand at, and gives a value or the
`DecodeError` that names them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from conformance.codec.der import tags
from conformance.errors import DecodeError

if TYPE_CHECKING:
    from conformance.codec.der.reading import Element

_MAX_ARC_OCTETS: Final = 20  # 128-bit arcs (2.25.UUID) take nineteen
_KEPT_OCTETS: Final = 32  # none that is longer is remembered, or a few requests could fill the memory
STRINGS: Final = {
    tags.UTF8_STRING: "utf-8",
    tags.NUMERIC_STRING: "ascii",
    tags.PRINTABLE_STRING: "ascii",
    tags.IA5_STRING: "ascii",
    tags.VISIBLE_STRING: "ascii",
    tags.TELETEX_STRING: "latin-1",  # what every writer in the field means by it
    tags.BMP_STRING: "utf-16-be",
    tags.UNIVERSAL_STRING: "utf-32-be",
}
_TIMES: Final = {tags.UTC_TIME: ("YYMMDDhhmmssZ", 12), tags.GENERALIZED_TIME: ("YYYYMMDDhhmmssZ", 14)}
_PIVOT: Final = 50  # RFC 5280 4.1.2.5.1: YY of 50 and above is 19YY


def decode_oid(content: bytes, structure: str = "OBJECT IDENTIFIER", offset: int = 0) -> str:
    """The dotted decimal of an object identifier's content octets (X.690 8.19)."""
    try:
        return _dotted(content) if len(content) <= _KEPT_OCTETS else _read_dotted(content)
    except DecodeError as error:
        raise DecodeError(structure, offset + error.offset, error.problem) from None


def _read_dotted(content: bytes) -> str:
    if not content:
        raise DecodeError("", 0, "an empty object identifier")
    arcs: list[int] = []
    start = 0
    for index, octet in enumerate(content):
        if octet & 0x80:
            continue
        arcs.append(_arc(content[start : index + 1], start))
        start = index + 1
    if start != len(content):
        raise DecodeError("", len(content), "an object identifier that stops within an arc")
    top = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (top, arcs[0] - 40 * top, *arcs[1:]))


_dotted = lru_cache(maxsize=256)(_read_dotted)  # structures name the same few again and again


def _arc(octets: bytes, offset: int) -> int:
    if octets[0] == 0x80:  # noqa: PLR2004 - seven leading zero bits
        raise DecodeError("", offset, "an arc that is not written in its shortest form")
    if len(octets) > _MAX_ARC_OCTETS:
        raise DecodeError("", offset, f"an arc of more than {_MAX_ARC_OCTETS} octets")
    value = 0
    for octet in octets:
        value = value << 7 | octet & 0x7F
    return value


def decode_integer(content: bytes, structure: str = "INTEGER", offset: int = 0, *, strict: bool = True) -> int:
    """The signed value of an integer's content octets (X.690 8.3); lenient allows superfluous leading octets."""
    if not content:
        raise DecodeError(structure, offset, "an empty integer")
    if strict and len(content) > 1 and content[0] == (0xFF if content[1] & 0x80 else 0):
        raise DecodeError(structure, offset, "an integer that is not written in its shortest form")
    return int.from_bytes(content, "big", signed=True)


def decode_boolean(content: bytes, structure: str = "BOOLEAN", offset: int = 0, *, strict: bool = True) -> bool:
    """The value of a boolean's content octet; DER writes true as 0xff (X.690 11.1)."""
    if len(content) != 1:
        raise DecodeError(structure, offset, f"a boolean of {len(content)} octets")
    if strict and content[0] not in (0, 0xFF):
        raise DecodeError(structure, offset, f"a boolean written 0x{content[0]:02x}, which DER does not have")
    return content[0] != 0


def decode_bit_string(
    content: bytes, structure: str = "BIT STRING", offset: int = 0, *, strict: bool = True
) -> tuple[bytes, int]:
    """The octets of a bit string and the number of bits of the last one that do not count (X.690 8.6, 11.2.1)."""
    if not content:
        raise DecodeError(structure, offset, "an empty bit string")
    unused, octets = content[0], content[1:]
    if unused > 7 or (unused and not octets):  # noqa: PLR2004 - an octet has eight bits
        raise DecodeError(structure, offset, f"{unused} unused bits, where {len(octets)} octets follow")
    if strict and unused and octets[-1] & (1 << unused) - 1:
        raise DecodeError(structure, offset + len(content) - 1, "unused bits that are not zero")
    return octets, unused


def decode_octets(content: bytes, structure: str, offset: int, *, strict: bool = True) -> bytes:
    """The octets of a bit string that holds whole octets, as keys and signatures do."""
    octets, unused = decode_bit_string(content, structure, offset, strict=strict)
    if unused:
        raise DecodeError(structure, offset, f"{unused} unused bits, where whole octets belong")
    return octets


def decode_string(tag: int, content: bytes, structure: str = "string", offset: int = 0) -> str:
    """The text of a character string's content octets; NUL and other controls stay in it."""
    encoding = STRINGS.get(tag)
    if encoding is None:
        raise DecodeError(structure, offset, f"{tags.describe(tag)} is not a character string")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        problem = f"octets that are not {tags.describe(tag)} ({error.reason})"
        raise DecodeError(structure, offset + error.start, problem) from None


def decode_time(element: Element, structure: str) -> datetime:
    """The moment a UTCTime or GeneralizedTime names, in the one form RFC 5280 4.1.2.5 allows of each; aware, in UTC."""
    if element.tag not in _TIMES:
        raise DecodeError(structure, element.offset, f"{tags.describe(element.tag)} is not a time")
    form, digits = _TIMES[element.tag]
    text = element.content.decode("latin-1")
    figures = text[:-1]
    if len(text) != digits + 1 or text[-1] != "Z" or not (figures.isascii() and figures.isdigit()):
        raise DecodeError(structure, element.start, f"a {tags.describe(element.tag)} that is not {form}")
    if element.tag == tags.UTC_TIME:
        figures = ("19" if int(figures[:2]) >= _PIVOT else "20") + figures
    year, rest = int(figures[:4]), figures[4:]
    parts = [int(rest[i : i + 2]) for i in range(0, 10, 2)]
    try:
        return datetime(year, *parts, tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        raise DecodeError(structure, element.start, "a time that no calendar has") from None
