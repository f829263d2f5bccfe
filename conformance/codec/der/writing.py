"""Writing of DER, from the inside out: every function gives the octets of one whole element.

The one rule: it writes what it is told. `set_of` sorts as DER does; whoever wants another order writes `tlv(SET, ...)`.
"""

from __future__ import annotations

from functools import lru_cache

from conformance.codec.der import tags
from conformance.errors import DecodeError


def length(number: int) -> bytes:
    """The length octets of a content, in their shortest form (X.690 10.1)."""
    if number < 0x80:  # noqa: PLR2004 - seven bits are the short form
        return bytes([number])
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag: int, content: bytes) -> bytes:
    """One element; `tag` is the identifier octets as one number."""
    size = len(content)
    if tag < 0x100 and size < 0x80:  # noqa: PLR2004 - one octet each, as most are: written in one go
        return bytes((tag, size)) + content
    return tag.to_bytes(max(1, (tag.bit_length() + 7) // 8), "big") + length(size) + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE of elements, in this order."""
    return tlv(tags.SEQUENCE, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """SET OF elements, in DER's ascending order (X.690 11.6)."""
    return tlv(tags.SET, b"".join(sorted(parts)))


def integer(number: int) -> bytes:
    """INTEGER, signed, in its shortest form."""
    bits = number.bit_length() if number >= 0 else (~number).bit_length()
    return tlv(tags.INTEGER, number.to_bytes(bits // 8 + 1, "big", signed=True))


def boolean(value: bool) -> bytes:
    """BOOLEAN; true is 0xff."""
    return tlv(tags.BOOLEAN, b"\xff" if value else b"\x00")


def null() -> bytes:
    """NULL."""
    return tlv(tags.NULL, b"")


def octet_string(octets: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(tags.OCTET_STRING, octets)


def bit_string(octets: bytes, unused: int = 0) -> bytes:
    """BIT STRING; `unused` bits of the last octet do not count."""
    return tlv(tags.BIT_STRING, bytes([unused]) + octets)


@lru_cache(maxsize=256)  # the same few are in every request
def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER of a dotted decimal; DecodeError for text that is none."""
    arcs = [int(arc) for arc in dotted.split(".") if arc.isascii() and arc.isdigit()]
    if len(arcs) != dotted.count(".") + 1 or len(arcs) < 2 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):  # noqa: PLR2004 - X.660's first two arcs
        raise DecodeError("OBJECT IDENTIFIER", 0, f"{dotted!r} is not the dotted decimal of an object identifier")
    return tlv(tags.OBJECT_IDENTIFIER, b"".join(map(_arc, (40 * arcs[0] + arcs[1], *arcs[2:]))))


def _arc(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(0x80 | value & 0x7F)
    return bytes(reversed(octets))


def utf8_string(text: str) -> bytes:
    """UTF8String."""
    return tlv(tags.UTF8_STRING, text.encode("utf-8"))


def printable_string(text: str) -> bytes:
    """PrintableString; any ASCII is written, also what its repertoire lacks."""
    return tlv(tags.PRINTABLE_STRING, text.encode("ascii"))


def ia5_string(text: str) -> bytes:
    """IA5String."""
    return tlv(tags.IA5_STRING, text.encode("ascii"))


def teletex_string(text: str) -> bytes:
    """TeletexString, as Latin-1."""
    return tlv(tags.TELETEX_STRING, text.encode("latin-1"))


def bmp_string(text: str) -> bytes:
    """BMPString: two octets each, the higher first."""
    return tlv(tags.BMP_STRING, text.encode("utf-16-be"))


def explicit(number: int, content: bytes) -> bytes:
    """`[number] EXPLICIT` around a whole element; numbers up to 30."""
    return tlv(tags.CONTEXT | tags.CONSTRUCTED | number, content)


def implicit(number: int, content: bytes, *, constructed: bool = False) -> bytes:
    """`[number] IMPLICIT` with these content octets; numbers up to 30."""
    return tlv(tags.CONTEXT | (tags.CONSTRUCTED if constructed else 0) | number, content)
