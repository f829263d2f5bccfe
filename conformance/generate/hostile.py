"""Bodies made to break a reader: deep, large, odd, endless. Whether they are JSON or not, they must not break a server.

The one rule: nothing here says what a target must answer, only that it must; each is made from a conforming body, so
that a reader gets as far as the hostile part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_MIB: Final = 1024 * 1024
_LETTER: Final = b'"DeviceDisplayName":"'


@dataclass(frozen=True, slots=True)
class Hostile:
    """One such body: `change` takes the octets of a conforming one."""

    name: str
    title: str
    change: Callable[[bytes], bytes]


def _member(value: bytes) -> Callable[[bytes], bytes]:
    """A further member in front of all others, with this value."""
    return _first(b'"Further":' + value + b",")


def _first(members: bytes) -> Callable[[bytes], bytes]:
    """These members in front of all others."""
    return lambda body: b"{" + members + body[1:]


def _join_type(digits: bytes) -> Callable[[bytes], bytes]:
    """These digits in front of the JoinType's own."""
    return lambda body: body.replace(b'"JoinType":', b'"JoinType":' + digits)


def _name(value: bytes) -> Callable[[bytes], bytes]:
    """This in front of the display name's text."""
    return lambda body: body.replace(_LETTER, _LETTER + value, 1)


HOSTILE: Final = (
    Hostile("deep-arrays", "arrays 10,000 deep", _member(b"[" * 10_000 + b"]" * 10_000)),
    Hostile("deep-objects", "objects 10,000 deep", _member(b'{"a":' * 10_000 + b"0" + b"}" * 10_000)),
    Hostile("deep-unclosed", "100,000 brackets that never close", lambda _: b"[" * 100_000),
    Hostile("huge-integer", "an integer of 5,000 digits", _member(b"9" * 5_000)),
    Hostile("huge-exponent", "a number with the exponent 999999999", _member(b"1e999999999")),
    Hostile("huge-join-type", "a JoinType of 400 digits", _join_type(b"9" * 400)),
    Hostile("nan", "NaN for a number", _member(b"NaN")),
    Hostile("lone-surrogate", "an escaped half of a surrogate pair in a text", _name(b"\\ud800")),
    Hostile("lone-surrogate-name", "an escaped half of a surrogate pair in a member name", _first(b'"\\udfff":1,')),
    Hostile("escaped-nul", "an escaped NUL in a text", _name(b"\\u0000")),
    Hostile("raw-controls", "control characters in a text", _name(b"\x00\x01\x1b[2J")),
    Hostile("invalid-utf-8", "octets that are no UTF-8 in a text", _name(b"\xff\xfe\xc3\x28")),
    Hostile("bom", "a byte order mark in front", lambda body: b"\xef\xbb\xbf" + body),
    Hostile("many-members", "20,000 further members", _first(b"".join(b'"m%d":0,' % n for n in range(20_000)))),
    Hostile("one-duplicate-many-times", "one member 20,000 times", _first(b'"TransportKey":"",' * 20_000)),
    Hostile("nothing", "no body at all", lambda _: b""),
    Hostile("format-string", "format directives and quotes in a text", _name(rb"%s%n{0}${jndi:x}'\"; DROP TABLE x")),
)  # fmt: skip

LARGE: Final = Hostile("large", "a display name of 3 MiB", _name(b"A" * (3 * _MIB)))
