"""Texts that are no base64 (RFC 4648 section 3.3 and 4): alphabet, white space and padding.

The one rule: every text holds all octets of what it stands for, so that a lenient decoder would find a request with
nothing wrong in it. Bits behind the last octet are not here: RFC 4648 3.5 leaves those to the decoder. Padding that
lacks, or is too much, does not change what the text stands for (3.2, 3.3): that is for the requirement of lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.generate.edits import CSR, TRANSPORT_KEY, base64_edit

if TYPE_CHECKING:
    from collections.abc import Callable

CSR_BASE64: Final = "join-request/csr-base64"
TRANSPORT_KEY_BASE64: Final = "join-request/transport-key-base64"
CANONICAL: Final = "-canonical"  # the requirement about line breaks and padding is called like the one about base64
LINE: Final = 64  # characters of a line in PEM
MIDDLE: Final = 100  # within the modulus of either text


def _inserted(text: str, piece: str) -> str:
    return text[:MIDDLE] + piece + text[MIDDLE:]


def _url_alphabet(text: str) -> str:
    """The other alphabet (section 5); a text that has no character of its own in it gets one."""
    other = text.replace("+", "-").replace("/", "_")
    return other if other != text else other[:MIDDLE] + "-" + other[MIDDLE + 1 :]


def _lines(end: str) -> Callable[[str], str]:
    return lambda text: end.join(text[start : start + LINE] for start in range(0, len(text), LINE))


def _padded_otherwise(text: str) -> str:
    return text.rstrip("=") if text.endswith("=") else text + "="


def _one_more(text: str) -> str:
    """A group of four, and one character behind it: six bits, which are no octet."""
    bare = text.rstrip("=")
    return bare + "A" * ((1 - len(bare)) % 4 or 4)


_CHANGES: Final = (
    ("nul-within", "has a NUL in the middle", lambda text: _inserted(text, "\0")),
    ("foreign-character", "has an exclamation mark in the middle", lambda text: _inserted(text, "!")),
    ("foreign-letter", "has a Cyrillic letter in the middle", lambda text: _inserted(text, "\u0410")),  # looks like A
    ("url-alphabet", "is written in the alphabet of base64url", _url_alphabet),
    ("padding-within", "has padding in the middle", lambda text: _inserted(text, "=")),
    ("one-character-more", "ends in a character that stands alone", _one_more),
    ("data-url", "stands in a data URL", lambda text: "data:application/octet-stream;base64," + text),
)

_ONE_TEXT: Final = (
    ("padding-other", "lacks its padding, or has some where it needs none", _padded_otherwise),
    ("padding-too-long", "has four characters of padding too many", lambda text: text + "===="),
    ("crlf", "is broken into lines of 64 characters by CR LF", _lines("\r\n")),
    ("line-feeds", "is broken into lines of 64 characters by line feeds", _lines("\n")),
    ("line-feed-behind", "ends in a line feed", lambda text: text + "\n"),
    ("space-within", "has a space in the middle", lambda text: _inserted(text, " ")),
    ("tab-before", "has a tab before it", lambda text: "\t" + text),
)

_TEXTS: Final = (
    (CSR_BASE64, CSR, "the certificate request"),
    (TRANSPORT_KEY_BASE64, TRANSPORT_KEY, "the transport key"),
)

FAULTS: Final = tuple(
    base64_edit(requirement + suffix, name, f"The base64 text of {words} {what}.", path, change)
    for requirement, path, words in _TEXTS
    for suffix, changes in (("", _CHANGES), (CANONICAL, _ONE_TEXT))
    for name, what, change in changes
)
