"""Text from hostile input, made fit for a terminal.

The one rule: what reaches a screen is printable, stands where it is written, and runs from left to right; everything
else (controls, escape sequences, bidirectional marks and letters, marks that stack, look-alike spaces) is spelled out.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_LEFT_TO_RIGHT: Final = frozenset({"L", "EN", "ES", "ET", "CS", "ON", "WS"})


def printable(text: str) -> str:
    """The text with every character that is not plainly visible written as a Python escape, and so the backslash."""
    return "".join(character if _plain(character) else _escaped(character) for character in text)


def quoted(text: str) -> str:
    """The text between quotation marks, fit for a terminal."""
    return f'"{printable(text)}"'


def quoted_octets(octets: bytes) -> str:
    """Octets between quotation marks as the ASCII they are, one beyond it by its number, for who knows its alphabet."""
    text = octets.decode("latin-1")
    return f'"{"".join(printable(one) if one.isascii() else _escaped(one) for one in text)}"'


def counted(number: int) -> str:
    """A number of octets in words."""
    return f"{number} octet{'s' * (number != 1)}"


def _plain(character: str) -> bool:
    if character.isascii():
        return character.isprintable() and character != "\\"
    return (
        character.isprintable()
        and unicodedata.bidirectional(character) in _LEFT_TO_RIGHT
        and not unicodedata.category(character).startswith("M")
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
