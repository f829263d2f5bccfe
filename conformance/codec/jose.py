"""Compact JWS and JWE (RFC 7515 7.1, RFC 7516 7.1): the header and the parts.

The one rule: no keys. Nothing is verified or decrypted here; a token is three parts or five, the first of them JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Literal, NoReturn

from conformance.codec import base64
from conformance.errors import DecodeError

Kind = Literal["JWS", "JWE"]
_KINDS: Final[dict[int, Kind]] = {3: "JWS", 5: "JWE"}
_PART_NAMES: Final[dict[Kind, tuple[str, ...]]] = {
    "JWS": ("header", "payload", "signature"),
    "JWE": ("header", "encrypted key", "initialization vector", "ciphertext", "authentication tag"),
}


class _RefusedJsonError(ValueError):
    """Something JSON readers let pass and JOSE does not."""


@dataclass(frozen=True, slots=True)
class Compact:
    """A compact serialization: its kind and its parts as octets, the first of which is the header's JSON text."""

    kind: Kind
    parts: tuple[bytes, ...]

    @classmethod
    def decode(cls, text: str, structure: str = "compact JOSE") -> Compact:
        """The parts of a text of three (JWS) or five (JWE); the header must be a JSON object."""
        texts = text.split(".", max(_KINDS))
        kind = _KINDS.get(len(texts))
        if kind is None:
            offset = len(text) if len(texts) < max(_KINDS) else sum(map(len, texts[:5])) + 4
            raise DecodeError(structure, offset, f"{text.count('.') + 1} parts, where a JWS has 3 and a JWE 5")
        parts = []
        offset = 0
        for name, part in zip(_PART_NAMES[kind], texts, strict=True):
            parts.append(_part(part, offset, f"{structure} {name}"))
            offset += len(part) + 1
        decode_object(parts[0], f"{structure} header")
        return cls(kind, tuple(parts))

    def encode(self) -> str:
        """The text of the parts."""
        return ".".join(base64.encode_url(part) for part in self.parts)

    @property
    def header(self) -> dict[str, Any]:
        """The header's members."""
        return decode_object(self.parts[0], "JOSE header")

    @property
    def claims(self) -> dict[str, Any]:
        """The members of a JWS's payload as a JWT has them; DecodeError when it is no JSON object (RFC 7519 3)."""
        if self.kind != "JWS":
            raise DecodeError("JWT claims", 0, "the claims of a JWE are encrypted")
        return decode_object(self.parts[1], "JWT claims")

    @property
    def part_names(self) -> tuple[str, ...]:
        """What each part is."""
        return _PART_NAMES[self.kind]


def _part(text: str, offset: int, structure: str) -> bytes:
    try:
        return base64.decode_url(text, structure)
    except DecodeError as error:
        raise DecodeError(structure, offset + error.offset, error.problem) from None


def decode_object(octets: bytes, structure: str) -> dict[str, Any]:
    """The JSON object some octets are (RFC 8259): UTF-8, no member twice, no NaN; offsets count octets."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError(structure, error.start, "octets that are not UTF-8") from None
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        offset = len(text[: error.pos].encode("utf-8"))
        raise DecodeError(structure, offset, f"not JSON ({error.msg})") from None
    except RecursionError:
        raise DecodeError(structure, 0, "JSON nested too deeply") from None
    except ValueError as error:  # our own refusals, and numbers longer than Python converts
        problem = str(error) if isinstance(error, _RefusedJsonError) else "a number too long to read"
        raise DecodeError(structure, 0, problem) from None
    if not isinstance(value, dict):
        raise DecodeError(structure, 0, "a JSON value that is not an object")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise _RefusedJsonError(f"the member {name!a} stands twice")
        members[name] = value
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise _RefusedJsonError(f"{name} is not JSON")
