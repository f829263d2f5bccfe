"""Which characters of a JWT say what its target knows by itself, and may say in an answer of its own.

The one rule: a claim is open by its name alone. Whatever has no such name (`jti`, `sub`, `name`, a nonce, a key) is
secret, and so is any character that holds a bit of it.
"""

from __future__ import annotations

import binascii
import re

_STANDARD = bytes.maketrans(b"-_", b"+/")
_OPEN = re.compile(
    rb'[{,]?\s*"(?:aud|iss|tid|upn|unique_name|preferred_username|oid|appid|azp|ver|iat|nbf|exp)"\s*:\s*'
    rb'(?:"(?:[^"\\]|\\.)*+"|[0-9.]++)\s*'
)


def open_claims(token: bytes, start: int) -> bytes:
    """An octet for each of the token's characters: 1 for those of open claims. Its payload begins at `start`.

    All are 0 where nothing stands before `start`, which is no JWT, and where the payload cannot be read.
    """
    payload = token[start:].partition(b".")[0] if start else b""
    try:
        padded = payload.translate(_STANDARD) + b"=" * (-len(payload) % 4)
        text = binascii.a2b_base64(padded, strict_mode=True)
    except binascii.Error:
        text = b""
    marks = bytearray(len(text))
    for claim in _OPEN.finditer(text):
        marks[claim.start() : claim.end()] = b"\1" * len(claim[0])
    open_ = in_base64(bytes(marks), 0, range(len(payload))) if text else bytes(len(payload))
    return bytes(start) + open_ + bytes(len(token) - start - len(payload))


def in_base64(marks: bytes, before: int, places: range) -> bytes:
    """The marks of octets, for those places of their base64 with so many octets before them: 1 where all bits are."""
    last = len(marks) - 1  # for what stands at the end of base64 without a bit of its own, such as padding
    octets = ((place * 6 // 8 - before, (place * 6 + 5) // 8 - before) for place in places)
    return bytes(marks[min(max(0, first), last)] & marks[min(end, last)] for first, end in octets)
