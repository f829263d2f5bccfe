"""The members of a join request (2.1.1.1.1), as a table: where, required or not, of which type, with which values.

The one rule: the document's table is this table. Members it does not name are ignored, as RFC 8259 readers do, so
that a client of a later version is not turned away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .refusal import Refusal, quoted
from .rules import Rules

Body = Mapping[str, Any]

JOIN_TYPES: Mapping[int, str] = {
    0: "Azure AD join",
    3: "Unknown",
    4: "Azure AD register",
    6: "Azure AD hybrid join",
    8: "Azure AD join",
}

_WORDS: Mapping[str, Callable[[Any], bool]] = {
    "a string": lambda value: isinstance(value, str),
    "an object": lambda value: isinstance(value, dict),
    "a number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "true or false": lambda value: isinstance(value, bool),
    "true, false or either as a string": lambda value: (
        isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false"))
    ),
}
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
MISSING = object()


@dataclass(frozen=True, slots=True)
class Member:
    """One row: the JSON pointer, what kind of value stands there, whether it must, and a further check of the value."""

    pointer: str
    kind: str
    required: bool = False
    check: Callable[[str, Any], None] | None = None

    @property
    def name(self) -> str:
        """The document's way to write it: `CertificateRequest.Type`."""
        return self.pointer.strip("/").replace("/", ".")


@lru_cache(maxsize=256)
def _steps(pointer: str) -> tuple[str, ...]:
    return tuple(pointer.strip("/").split("/"))


def reader(pointer: str) -> Callable[[Body], Any]:
    """What reads the value at one JSON pointer; most stand in the body itself, and are read without a walk."""
    first, *below = _steps(pointer)
    if not below:
        return lambda body: body.get(first, MISSING)
    (second,) = below  # no row of a table stands deeper

    def read(body: Body) -> Any:
        value = body.get(first, MISSING)
        return value.get(second, MISSING) if isinstance(value, dict) else MISSING

    return read


def at(body: Body, pointer: str) -> Any:
    """The value at a JSON pointer, MISSING when it or an object above it is not there."""
    value: Any = body
    for step in _steps(pointer):
        value = value.get(step, MISSING) if isinstance(value, dict) else MISSING
    return value


def _type(name: str, value: str) -> None:
    if value != "pkcs10":
        raise Refusal(f"{name} is {quoted(value)}, it must be 'pkcs10'.")


def _not_empty(name: str, value: str) -> None:
    if not value.strip():
        raise Refusal(f"{name} is empty.", subcode="error_required_parameter_missing")


def _host_name(name: str, value: str) -> None:
    labels = value.removesuffix(".").split(".")
    if len(value) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 - RFC 1035, 2.3.4
        raise Refusal(f"{name} is {quoted(value)}, it must be a host name.")


def _join_type(name: str, value: float) -> None:
    if value not in JOIN_TYPES:
        raise Refusal(f"{name} is {quoted(str(value))}, it must be one of {', '.join(map(str, JOIN_TYPES))}.")


MEMBERS: tuple[Member, ...] = (
    Member("/CertificateRequest", "an object", required=True),
    Member("/CertificateRequest/Type", "a string", required=True, check=_type),
    Member("/CertificateRequest/Data", "a string", required=True, check=_not_empty),
    Member("/TransportKey", "a string", required=True, check=_not_empty),
    Member("/TargetDomain", "a string", required=True, check=_host_name),
    Member("/DeviceType", "a string", required=True, check=_not_empty),
    Member("/OSVersion", "a string", required=True, check=_not_empty),
    Member("/DeviceDisplayName", "a string", required=True, check=_not_empty),
    Member("/JoinType", "a number", required=True, check=_join_type),
    Member("/AikCertificate", "a string", check=_not_empty),
    Member("/AttestationData", "a string", check=_not_empty),
    Member("/Attributes", "an object"),
    Member("/Attributes/ReuseDevice", "true or false"),
    Member("/Attributes/SharedDevice", "true or false"),
    Member("/Attributes/ReturnClientSid", "true or false"),
    Member("/PreAuthorizedJoinChallenge", "a string", check=_not_empty),
)


def _required(member: Member) -> Callable[[Body], None]:
    read, (first, *below) = reader(member.pointer), _steps(member.pointer)

    def check(body: Body) -> None:
        if (read(body) is MISSING) if below else (first not in body):
            raise Refusal(f"{member.name} is missing.", subcode="error_required_parameter_missing")

    return check


def _kind(member: Member) -> Callable[[Body], None]:
    read, holds, (first, *below) = reader(member.pointer), _WORDS[member.kind], _steps(member.pointer)

    def check(body: Body) -> None:
        value = read(body) if below else body.get(first, MISSING)
        if value is not MISSING and not holds(value):
            raise Refusal(f"{member.name} is {_word(value)}, it must be {member.kind}.")

    return check


def _value(member: Member, further: Callable[[str, Any], None]) -> Callable[[Body], None]:
    read, holds, name = reader(member.pointer), _WORDS[member.kind], member.name
    first, *below = _steps(member.pointer)

    def check(body: Body) -> None:
        value = read(body) if below else body.get(first, MISSING)
        if value is not MISSING and holds(value):
            further(name, value)

    return check


def _word(value: Any) -> str:
    return "null" if value is None else next((word for word, holds in _WORDS.items() if holds(value)), "an array")


def member_rules(members: tuple[Member, ...] = MEMBERS) -> Rules[Body]:
    """The rules of a table, each named `<pointer> required`, `<pointer> type` or `<pointer> value`."""
    rows: list[tuple[str, Callable[[Body], None]]] = []
    for member in members:
        if member.required:
            rows.append((f"{member.pointer} required", _required(member)))
        rows.append((f"{member.pointer} type", _kind(member)))
        if member.check is not None:
            rows.append((f"{member.pointer} value", _value(member, member.check)))
    return Rules(tuple(rows))
