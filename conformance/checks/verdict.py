"""Accepted, refused, broke or wrong: the verdict on one answer, before anything is said of what it holds.

The one rule: only refused is refused. A crash, a silence, a redirect or a 200 of no known form never counts as one;
of the 5xx, a 501 to a method that a server need not have is a refusal of that method.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from typing import Any

from conformance.codec import base64
from conformance.codec.name import common_names
from conformance.codec.x509 import Certificate
from conformance.errors import DecodeError
from conformance.exchange import Answer, Exchange

_NOT_ABOUT_THE_REQUEST = {408: "says it timed out", 425: "says too early", 429: "says too many requests"}

_EVERYWHERE = {"GET", "HEAD", "POST"}  # the first two by RFC 9110 9.1, the third by the document

_LONGEST = 65536  # characters; no certificate of a device comes near

Form = Callable[[Answer], bool]


class Verdict(Enum):
    """What a target did with a request (design: verdicts)."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    BROKE = "broke"
    WRONG = "wrong"


def classify(exchange: Exchange, statuses: frozenset[int], form: Form) -> tuple[Verdict, str]:  # noqa: PLR0911 - one return per verdict and reason
    """The verdict, and a clause that says why. `statuses` and `form` are what acceptance looks like."""
    if exchange.failure is not None:
        return Verdict.BROKE, exchange.failure.message
    answer = exchange.answer
    assert answer is not None
    status = answer.status
    if status >= 500 and not _lacks_method(exchange):  # noqa: PLR2004 - RFC 9110 15.6
        return Verdict.BROKE, f"answered {status}"
    if status in _NOT_ABOUT_THE_REQUEST:
        return (
            Verdict.WRONG,
            f"answered {status}, which {_NOT_ABOUT_THE_REQUEST[status]} and says nothing of the request",
        )
    if status >= 400:  # noqa: PLR2004 - RFC 9110 15.5
        return Verdict.REFUSED, f"answered {status}"
    if status not in statuses:
        return Verdict.WRONG, f"answered {status}, neither success nor refusal"
    if not form(answer):
        return Verdict.WRONG, f"answered {status} without the form of an answer"
    return Verdict.ACCEPTED, f"answered {status}"


def _lacks_method(exchange: Exchange) -> bool:
    """Whether a request is refused for a method that the whole server does without (RFC 9110 9.1, 15.6.2)."""
    answer = exchange.answer
    unknown = exchange.request.method not in _EVERYWHERE
    return unknown and answer is not None and answer.status == HTTPStatus.NOT_IMPLEMENTED


def json_object(answer: Answer) -> dict[str, Any] | None:
    """The body as a JSON object (RFC 8259), or None."""
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def has_member(name: str, kind: type) -> Form:
    """The form of an answer that has a member of a JSON type."""

    def form(answer: Answer) -> bool:
        value = json_object(answer)
        return value is not None and isinstance(value.get(name), kind)

    return form


def discovery(exchange: Exchange) -> tuple[Verdict, str]:
    """The verdict on a discovery answer (3.1: 200 OK and a list of services)."""
    return classify(exchange, frozenset({200}), lambda answer: bool(json_object(answer)))


def nonce(exchange: Exchange) -> tuple[Verdict, str]:
    """The verdict on a nonce answer (3.2: 200 OK and a nonce value)."""
    return classify(exchange, frozenset({200}), has_member("Value", str))


def join(exchange: Exchange) -> tuple[Verdict, str]:
    """The verdict on a join answer (A1: 200 or 201, with a certificate)."""
    return classify(exchange, frozenset({200, 201}), has_member("Certificate", dict))


def key(exchange: Exchange) -> tuple[Verdict, str]:
    """The verdict on a key provisioning answer (MS-KPP: 200 with a key id)."""
    return classify(exchange, frozenset({200, 201}), has_member("kid", str))


def devices(exchange: Exchange) -> list[tuple[str, str]]:
    """Id and thumbprint of the device a join created, whatever 2xx says so; an unreadable certificate has no id."""
    answer = exchange.answer
    if answer is None or not 200 <= answer.status < 300:  # noqa: PLR2004 - RFC 9110 15.3
        return []
    certificate = (json_object(answer) or {}).get("Certificate")
    if not isinstance(certificate, dict):
        return []
    try:
        read = Certificate.decode(base64.decode(str(certificate.get("RawBody"))))
    except DecodeError:
        return [("", str(certificate.get("Thumbprint", ""))[:40])]
    return [
        ("".join(part.value.decode("utf-8", "replace") for part in common_names(read.subject)[:1]), read.thumbprint)
    ]


def raw_certificate(exchange: Exchange) -> str:
    """The text of the certificate that a join answer holds; empty where it holds none that could be one."""
    held = (json_object(exchange.answer) or {}).get("Certificate") if exchange.answer else None
    raw = held.get("RawBody") if isinstance(held, dict) else None
    return raw if isinstance(raw, str) and len(raw) <= _LONGEST else ""


def upn(exchange: Exchange) -> str | None:
    """The user that a join answer names, None when it names none."""
    user = (json_object(exchange.answer) or {}).get("User") if exchange.answer else None
    found = user.get("Upn") if isinstance(user, dict) else None
    return found if isinstance(found, str) else None
