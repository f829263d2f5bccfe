"""What a 401 says of how to be let in: the WWW-Authenticate header (RFC 9110 11.6.1, RFC 6750 section 3)."""

from __future__ import annotations

import re

from conformance.checks.again import recorded
from conformance.checks.judgement import Judgement, Notes
from conformance.exchange import Exchange

_UNAUTHORIZED = 401
_BEARER = re.compile(r"(?:^|,)\s*bearer(?:\s|$|,)", re.IGNORECASE)
_ERROR = re.compile(r'\berror\s*=\s*"?([A-Za-z_]+)"?')
_PREFIX = "join-service/"


def challenges(exchange: Exchange) -> list[str]:
    """The values of every WWW-Authenticate header of the answer."""
    if exchange.answer is None:
        return []
    return [value for name, value in exchange.answer.headers if name.lower() == "www-authenticate"]


@recorded
def without_token(exchange: Exchange) -> Judgement:
    """The refusal of a request without credentials: its status, and a Bearer challenge that speaks of no error."""
    notes = Notes()
    status = exchange.answer.status if exchange.answer else 0
    notes.hold(f"{_PREFIX}authorization-status", status == _UNAUTHORIZED, f"answered {status}, not 401")
    if status != _UNAUTHORIZED:
        return notes.judgement()
    values = challenges(exchange)
    where = "WWW-Authenticate"
    if notes.hold(f"{_PREFIX}www-authenticate", values, "401 without WWW-Authenticate", where):
        bearer = any(_BEARER.search(value) for value in values)
        problem = f"no Bearer challenge in {', '.join(values)[:80]!a}"
        if notes.hold(f"{_PREFIX}www-authenticate-bearer", bearer, problem, where):
            error = _error(values)
            problem = f"error={error!r} though the request had no token"
            notes.hold(f"{_PREFIX}www-authenticate-silent", error is None, problem, where)
    return notes.judgement()


@recorded
def garbage_token(exchange: Exchange) -> Judgement:
    """The refusal of a token that is none: where it is a 401 with a Bearer challenge, that one says invalid_token."""
    notes = Notes()
    values = challenges(exchange)
    if exchange.answer and exchange.answer.status == _UNAUTHORIZED and any(_BEARER.search(value) for value in values):
        error = _error(values)
        problem = f"error={error!r}, not invalid_token, for a garbage token"
        notes.hold(f"{_PREFIX}www-authenticate-error", error == "invalid_token", problem, "WWW-Authenticate")
    return notes.judgement()


def _error(values: list[str]) -> str | None:
    found = [match.group(1) for value in values if (match := _ERROR.search(value))]
    return found[0] if found else None
