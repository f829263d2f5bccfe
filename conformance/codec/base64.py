"""Strict base64 (RFC 4648 section 4) and base64url without padding (section 5 as RFC 7515 section 2 uses it).

The one rule: one text for one value. What a lenient decoder forgives (line breaks, missing padding, bits behind the
last octet, the other alphabet) is a `DecodeError` here, whose offset is the position of the first wrong character.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

from conformance.errors import DecodeError

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_RUN: Final = re.compile(r"[A-Za-z0-9+/]*")
_RUN_URL: Final = re.compile(r"[A-Za-z0-9_-]*")
_PADDING: Final = {0: "", 2: "==", 3: "="}
_UNUSED_BITS: Final = {2: 0x0F, 3: 0x03}
_TO_URL: Final = str.maketrans("+/", "-_")
_FROM_URL: Final = str.maketrans("-_", "+/")


def encode(data: bytes) -> str:
    """The base64 text of some octets: one line, padded."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def encode_url(data: bytes) -> str:
    """The base64url text of some octets: one line, no padding."""
    return encode(data).rstrip("=").translate(_TO_URL)


def decode(text: str, structure: str = "base64") -> bytes:
    """The octets of a base64 text; `structure` names in the `DecodeError` what the text stands for."""
    try:
        data = binascii.a2b_base64(text)
    except ValueError:
        pass
    else:
        if encode(data) == text:  # the one text for this value
            return data
    end = _alphabet_end(_RUN, text)
    _check_padding(text, end, structure)
    _check_unused_bits(text[:end], "+/", structure)
    return binascii.a2b_base64(text)


def decode_url(text: str, structure: str = "base64url") -> bytes:
    """The octets of a base64url text without padding."""
    end = _alphabet_end(_RUN_URL, text)
    if end < len(text):
        raise DecodeError(structure, end, f"{_describe(text[end])} is not in the base64url alphabet")
    if end % 4 == 1:
        raise DecodeError(structure, end - 1, "the last character stands alone, and carries less than one octet")
    _check_unused_bits(text, "-_", structure)
    return binascii.a2b_base64(text.translate(_FROM_URL) + _PADDING[end % 4])


def _alphabet_end(run: re.Pattern[str], text: str) -> int:
    match = run.match(text)
    return match.end() if match else 0


def _check_padding(text: str, end: int, structure: str) -> None:
    """What follows the alphabet's characters must be exactly the padding their number asks for."""
    rest = text[end:]
    foreign = next((i for i, character in enumerate(rest) if character != "="), None)
    if foreign == 0:
        raise DecodeError(structure, end, f"{_describe(rest[0])} is not in the base64 alphabet")
    if end % 4 == 1:
        raise DecodeError(structure, end - 1, "the last character stands alone, and carries less than one octet")
    padding = _PADDING[end % 4]
    if foreign is not None and foreign <= len(padding):
        raise DecodeError(structure, end + foreign, f"{_describe(rest[foreign])} follows the padding")
    if len(rest) < len(padding):
        raise DecodeError(structure, len(text), f"padding is missing: {padding[len(rest) :]!r} must follow")
    if len(rest) > len(padding):
        raise DecodeError(structure, end + len(padding), "there is more padding than the characters before it ask for")


def _check_unused_bits(characters: str, last_two: str, structure: str) -> None:
    """The bits of the last character that belong to no octet must be zero (RFC 4648 section 3.5)."""
    mask = _UNUSED_BITS.get(len(characters) % 4, 0)
    if mask and (_ALPHABET + last_two).index(characters[-1]) & mask:
        raise DecodeError(structure, len(characters) - 1, "the bits behind the last octet are not zero")


def _describe(character: str) -> str:
    names = {"\n": "a line feed", "\r": "a carriage return", " ": "a space", "\t": "a tab", "\0": "a NUL"}
    shown = repr(character) if character.isascii() and character.isprintable() else f"U+{ord(character):04X}"
    return names.get(character, shown)
