"""The answer to a join request (2.1.1.1.2), judged whole: status, JSON, members, certificate, thumbprint.

The one rule: one fault is one finding. What stands behind a fault and cannot be told because of it (the certificate in
a RawBody that is no base64, the value of a Thumbprint that is none) is not looked at; all the rest is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from conformance.checks import certificate, json_text, membership, schema
from conformance.checks.again import recorded
from conformance.checks.formats import shown
from conformance.checks.judgement import Judgement, Notes
from conformance.codec import base64
from conformance.codec.spki import SubjectPublicKeyInfo
from conformance.codec.x509 import Certificate
from conformance.errors import DecodeError
from conformance.exchange import Answer, Exchange

SLUG: Final = "join-answer"
THUMBPRINT: Final = "/Certificate/Thumbprint"
_CREATED: Final = {HTTPStatus.OK, HTTPStatus.CREATED}
_BODILESS: Final = {HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT}
_HEXADECIMAL: Final = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, and when: `key` of the certificate request, `at` when the answer came (aware).

    `client_sid` says whether ReturnClientSid was true; `upn` is the user of the token and `authorities` are the
    certificates of the service's CA, where they are known.
    """

    key: SubjectPublicKeyInfo
    at: datetime
    client_sid: bool = False
    upn: str | None = None
    authorities: tuple[Certificate, ...] = ()


def succeeded(exchange: Exchange) -> bool:
    """Whether the answer claims success: any 2xx. Only then there is something to judge here."""
    return exchange.answer is not None and 200 <= exchange.answer.status < 300  # noqa: PLR2004 - RFC 9110 15.3


@recorded
def judge(exchange: Exchange, asked: Asked) -> Judgement:
    """Every requirement of the section that one answer can show."""
    answer = exchange.answer
    if answer is None or not succeeded(exchange):
        return Judgement()
    judgement = _status(answer)
    if answer.status in _BODILESS:
        return judgement
    value, body = json_text.judge(answer, SLUG)
    judgement += body
    return judgement if value is None else judgement + _members(value, asked)


def _status(answer: Answer) -> Judgement:
    notes = Notes()
    created = answer.status in _CREATED
    notes.hold(f"{SLUG}/status", created, f"a join is answered {answer.status}, neither 200 nor 201", "status")
    return notes.judgement()


@recorded
def status_seen(exchange: Exchange) -> Judgement:
    """With which status the target says that it made a device (A1)."""
    notes = Notes()
    if exchange.answer is not None and succeeded(exchange):
        status = exchange.answer.status
        notes.see("A1", str(status) if status in _CREATED else "other", f"answered {status}")
    return notes.judgement()


def _members(every: Mapping[str, Any], asked: Asked) -> Judgement:
    value = membership.told(every)
    judgement = schema.judge(SLUG, value)
    judgement += membership.judge(value, asked=asked.client_sid)
    judgement += _upn(value, asked.upn)
    found, octets = _certificate(value)
    judgement += octets
    judgement += _thumbprint(value, found)
    if found is not None:
        judgement += certificate.judge(found, asked.key, asked.at)
        judgement += certificate.signed_by(found, asked.authorities)
    return judgement


def _upn(value: Mapping[str, Any], due: str | None) -> Judgement:
    notes = Notes()
    named = text(value, "User", "Upn")
    if named and due:
        problem = f"is {shown(named)}, and the token stands for {shown(due)}"
        notes.hold(f"{SLUG}/upn-value", named.casefold() == due.casefold(), problem, "/User/Upn")
    return notes.judgement()


def _certificate(value: Mapping[str, Any]) -> tuple[Certificate | None, Judgement]:
    """The certificate in RawBody; nothing is said of an empty one, or of one that is no base64."""
    try:
        octets = base64.decode(text(value, "Certificate", "RawBody") or "")
    except DecodeError:
        return None, Judgement()
    return certificate.read(octets) if octets else (None, Judgement())


def _thumbprint(value: Mapping[str, Any], found: Certificate | None) -> Judgement:
    """Whether the thumbprint is the certificate's; its form is the schema's affair."""
    notes = Notes()
    said = text(value, "Certificate", "Thumbprint")
    if found is not None and said is not None and _is_hexadecimal(said):
        problem = f"is {said}, and the certificate's SHA-1 is {found.thumbprint}"
        notes.hold(f"{SLUG}/thumbprint-value", said.upper() == found.thumbprint, problem, THUMBPRINT)
    return notes.judgement()


@recorded
def thumbprint_seen(exchange: Exchange) -> Judgement:
    """What the target takes a thumbprint for, and in which letters it is written (A5)."""
    notes = Notes()
    said, found = text(members(exchange), "Certificate", "Thumbprint"), certificate_of(exchange)
    if said is not None and found is not None:
        notes.see("A5", _letters(said) if said.upper() == found.thumbprint else "other", shown(said))
    return notes.judgement()


def _is_hexadecimal(said: str) -> bool:
    return (
        len(said) == _HEXADECIMAL
        and said.isascii()
        and all(character in "0123456789abcdefABCDEF" for character in said)
    )


def _letters(said: str) -> str:
    if said == said.upper():
        return "upper-case"
    return "lower-case" if said == said.lower() else "mixed-case"


def text(value: Mapping[str, Any], *path: str) -> str | None:
    """The text at a path of member names; None where there is none."""
    found: Any = value
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None


def members(exchange: Exchange) -> Mapping[str, Any]:
    """The members of a successful answer; none where it holds no JSON object."""
    if exchange.answer is None or not succeeded(exchange):
        return {}
    return json_text.read(exchange.answer.body).value or {}


def certificate_of(exchange: Exchange) -> Certificate | None:
    """The certificate of a successful answer, whatever else is wrong with it; None where none can be read."""
    return _certificate(members(exchange))[0]
