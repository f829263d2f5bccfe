"""Security identifiers as text (MS-DTYP 2.4.2.1), and those Entra makes of an object id (S-1-12-1-...).

The one rule: one text for one SID: decimal without leading zeros, an authority from 2^32 as 12 hexadecimal digits.
"""

from __future__ import annotations

import re
import struct
import uuid
from dataclasses import dataclass
from typing import Final

from conformance.errors import DecodeError

STRUCTURE: Final = "SID"
_REVISION: Final = 1
_ENTRA: Final = (12, 1)
_MOST: Final = 15
_UINT32: Final = 1 << 32
_PART: Final = re.compile(r"-(0x[0-9A-Fa-f]{12}|0|[1-9][0-9]{0,9})(?=-|\Z)", re.ASCII)
_GUID: Final = struct.Struct("<4I")


@dataclass(frozen=True, slots=True)
class Sid:
    """A SID of revision 1: its authority (48 bits) and one to fifteen subauthorities (32 bits each)."""

    authority: int
    subauthorities: tuple[int, ...]

    @classmethod
    def decode(cls, text: str, structure: str = STRUCTURE) -> Sid:
        """The SID of a text such as `S-1-5-32-544`."""
        if not text.startswith("S-1-"):
            position = next(
                (i for i, (is_, due) in enumerate(zip(text, "S-1-", strict=False)) if is_ != due), len(text)
            )
            raise DecodeError(structure, position, "a SID begins with S-1-")
        authority, position = _part(text, len("S-1"), structure, authority=True)
        subauthorities: list[int] = []
        while position < len(text):
            if len(subauthorities) == _MOST:
                raise DecodeError(structure, position, f"more than {_MOST} subauthorities")
            value, position = _part(text, position, structure, authority=False)
            subauthorities.append(value)
        if not subauthorities:
            raise DecodeError(structure, position, "a subauthority is missing")
        return cls(authority, tuple(subauthorities))

    def encode(self) -> str:
        """The text of the SID."""
        authority = f"0x{self.authority:012X}" if self.authority >= _UINT32 else str(self.authority)
        return "-".join(["S", str(_REVISION), authority, *map(str, self.subauthorities)])


def _part(text: str, position: int, structure: str, *, authority: bool) -> tuple[int, int]:
    """The number that follows a hyphen at `position`, and the position behind it."""
    match = _PART.match(text, position)
    what = "the authority" if authority else "a subauthority"
    if match is None:
        raise DecodeError(structure, min(position + 1, len(text)), f"{what} must be a decimal number of 32 bits")
    digits = match[1]
    hexadecimal = digits.startswith("0x")
    value = int(digits, 16 if hexadecimal else 10)
    if hexadecimal != (value >= _UINT32) or (hexadecimal and not authority):
        raise DecodeError(structure, position + 1, f"{what} must be a decimal number of 32 bits")
    return value, match.end()


def sid_of_guid(guid: uuid.UUID) -> str:
    """The SID Entra gives a directory object: S-1-12-1 and its id as four little-endian numbers of 32 bits."""
    return Sid(_ENTRA[0], (_ENTRA[1], *_GUID.unpack(guid.bytes_le))).encode()


def guid_of_sid(text: str, structure: str = STRUCTURE) -> uuid.UUID:
    """The object id behind an S-1-12-1 SID; DecodeError for any other SID."""
    sid = Sid.decode(text, structure)
    if (sid.authority, *sid.subauthorities[:1]) != _ENTRA or len(sid.subauthorities) != 1 + _GUID.size // 4:
        raise DecodeError(structure, len("S-1-"), "not a SID of the form S-1-12-1 and four more numbers")
    return uuid.UUID(bytes_le=_GUID.pack(*sid.subauthorities[1:]))
