"""Which characters of a JWT say what its target knows by itself, and may say in an answer of its own.

The one rule: a claim is open by its name alone. Whatever has no such name (`jti`, `sub`, `name`, a nonce, a key) is
secret, and so is any character that holds a bit of it.
"""

from __future__ import annotations

import binascii
import re
from itertools import chain
from operator import and_

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
    end = -(-places.stop // 4) * 3 - before - len(marks)  # for what has no bit of its own there, such as padding
    padded = marks[:1] * before + marks + marks[-1:] * max(0, end)
    first, second, third = padded[0::3], padded[1::3], padded[2::3]
    fours = zip(first, map(and_, first, second), map(and_, second, third), third, strict=False)
    return bytes(chain.from_iterable(fours))[places.start : places.stop]
