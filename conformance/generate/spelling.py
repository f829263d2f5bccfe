r"""The same JSON value in other spellings: white space, member order and `\u` escapes mean nothing (RFC 8259 2, 4, 7).

The one rule: a spelling changes octets and never the value; `json.loads` of any spelling gives the value back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Spelling:
    r"""How a value is written. `gap` is white space put around every token, `ascii` writes no character above U+007F.

    `escape` holds characters that are written as `\uXXXX` although they need not be, `capitals` says that the digits of
    those are A to F, `rotate` how many members of each object are moved from its front to its end.
    """

    gap: str = ""
    ascii: bool = False
    escape: frozenset[str] = frozenset()
    capitals: bool = False
    rotate: int = 0

    def write(self, value: Any) -> bytes:
        """The value as a JSON text in UTF-8."""
        if self == PLAIN:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        return self._write(value).encode("utf-8", "surrogatepass")

    def _write(self, value: Any) -> str:
        gap = self.gap
        if isinstance(value, Mapping):
            items = list(value.items())
            start = self.rotate % len(items) if items else 0
            members = (
                f"{gap}{self._string(str(key))}{gap}:{self._write(part)}" for key, part in items[start:] + items[:start]
            )
            return f"{gap}{{{','.join(members) or gap}}}{gap}"
        if isinstance(value, list | tuple):
            return f"{gap}[{','.join(map(self._write, value)) or gap}]{gap}"
        return f"{gap}{self._string(value) if isinstance(value, str) else json.dumps(value)}{gap}"

    def _string(self, text: str) -> str:
        plain = json.dumps(text, ensure_ascii=self.ascii)
        if not self.escape.intersection(text):
            return plain
        return '"' + "".join(self._character(character) for character in text) + '"'

    def _character(self, character: str) -> str:
        if character not in self.escape:
            return json.dumps(character, ensure_ascii=self.ascii)[1:-1]
        octets = character.encode("utf-16-be", "surrogatepass")  # a pair of escapes beyond the BMP
        digits = octets.hex().upper() if self.capitals else octets.hex()
        return "".join(f"\\u{digits[i : i + 4]}" for i in range(0, len(digits), 4))


PLAIN = Spelling()
