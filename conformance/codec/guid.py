"""GUIDs as text (RFC 9562 section 4: 8-4-4-4-12) and as octets in Microsoft's order (MS-DTYP 2.3.4.2).

The one rule: one form. Braces, `urn:uuid:` and missing hyphens are a `DecodeError`; upper and lower case are both read.
"""

from __future__ import annotations

import string
import uuid
from typing import Final

from conformance.errors import DecodeError

STRUCTURE: Final = "GUID"
SIZE: Final = 16
_HYPHENS: Final = (8, 13, 18, 23)
_LENGTH: Final = 36


def decode(text: str, structure: str = STRUCTURE) -> uuid.UUID:
    """The GUID of a text of exactly 36 characters."""
    for position, character in enumerate(text[:_LENGTH]):
        if position in _HYPHENS:
            if character != "-":
                raise DecodeError(structure, position, "a hyphen belongs here")
        elif character not in string.hexdigits:
            raise DecodeError(structure, position, f"{character!a} is not a hexadecimal digit")
    if len(text) != _LENGTH:
        position = min(len(text), _LENGTH)
        raise DecodeError(structure, position, f"{len(text)} characters, where {_LENGTH} belong (8-4-4-4-12)")
    return uuid.UUID(text)


def encode(value: uuid.UUID) -> str:
    """The text of a GUID, in lower case."""
    return str(value)


def decode_bytes(data: bytes, structure: str = STRUCTURE) -> uuid.UUID:
    """The GUID of 16 octets in Microsoft's order: the first three fields little-endian."""
    if len(data) != SIZE:
        raise DecodeError(structure, min(len(data), SIZE), f"{len(data)} octets, where {SIZE} belong")
    return uuid.UUID(bytes_le=data)


def encode_bytes(value: uuid.UUID) -> bytes:
    """The 16 octets of a GUID in Microsoft's order."""
    return value.bytes_le
