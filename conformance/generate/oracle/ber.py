"""A reading of BER (X.690 section 8) that gives the same element in DER's lengths.

The one rule: only lengths are made anew (indefinite, or longer than need be); identifiers and primitive content stay as
they are, so that whoever compares the two sees whether lengths were all that was not DER.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from conformance.codec import der
from conformance.codec.der.tags import CONSTRUCTED
from conformance.errors import DecodeError

_STRUCTURE: Final = "BER"
_DEPTH: Final = 40
_HIGH: Final = 0x1F
_LONG: Final = 0x80
_RESERVED: Final = 0xFF
_END: Final = b"\0\0"


@dataclass(frozen=True, slots=True)
class Element:
    """An element of BER: `der` with every length within it in DER, `raw` as it stood, `parts` its elements, if any."""

    der: bytes
    raw: bytes
    parts: tuple[Element, ...]


def read(octets: bytes, offset: int = 0, depth: int = 0) -> Element:
    """The element that begins there. DecodeError when there is none, or elements lie deeper than a reader would go."""
    if depth > _DEPTH:
        raise DecodeError(_STRUCTURE, offset, f"elements more than {_DEPTH} deep")
    content, tag = _identifier(octets, offset)
    length, content = _length(octets, content)
    constructed = bool(octets[offset] & CONSTRUCTED)
    if length is None and not constructed:
        raise DecodeError(_STRUCTURE, offset, "an indefinite length of a primitive element")
    end = len(octets) if length is None else content + length
    if end > len(octets):
        raise DecodeError(_STRUCTURE, len(octets), "cut off")
    if not constructed:
        return Element(der.tlv(tag, octets[content:end]), octets[offset:end], ())
    parts, end = _parts(octets, content, end, depth, indefinite=length is None)
    return Element(der.tlv(tag, b"".join(part.der for part in parts)), octets[offset:end], parts)


def _parts(octets: bytes, position: int, end: int, depth: int, *, indefinite: bool) -> tuple[tuple[Element, ...], int]:
    """The elements up to `end`, or to the end-of-contents octets, and where what follows them begins."""
    parts: list[Element] = []
    while indefinite or position < end:
        if indefinite and octets[position : position + 2] == _END:
            return tuple(parts), position + 2
        parts.append(read(octets[:end], position, depth + 1))
        position += len(parts[-1].raw)
    return tuple(parts), end


def _identifier(octets: bytes, offset: int) -> tuple[int, int]:
    """The offset behind the identifier octets, and those as one number."""
    if offset >= len(octets):
        raise DecodeError(_STRUCTURE, offset, "cut off before an identifier octet")
    if octets[offset] == 0:
        raise DecodeError(_STRUCTURE, offset, "end-of-contents octets where an element belongs")
    end = offset + 1
    if octets[offset] & _HIGH == _HIGH:
        while end < len(octets) and octets[end] & _LONG:
            end += 1
        end += 1
    return end, int.from_bytes(octets[offset:end], "big")


def _length(octets: bytes, offset: int) -> tuple[int | None, int]:
    """The length (None: indefinite) and the offset behind it."""
    if offset >= len(octets):
        raise DecodeError(_STRUCTURE, len(octets), "cut off before a length octet")
    first = octets[offset]
    if first < _LONG:
        return first, offset + 1
    if first == _LONG:
        return None, offset + 1
    end = offset + 1 + (first & ~_LONG)
    if first == _RESERVED or end > len(octets):
        raise DecodeError(_STRUCTURE, offset, "no length")
    return int.from_bytes(octets[offset + 1 : end], "big"), end
