"""What a 401 says of how to be let in, and the limits of a domain name."""

from __future__ import annotations

import pytest

from conformance.checks import authenticate, tenant
from conformance.checks.judgement import Judgement
from conformance.exchange import Answer, Exchange, Failure, FailureKind, Request

SILENT = Exchange(Request("POST", "/"), None, Failure(FailureKind.TIMEOUT, "no answer"))
STATUS, HEADER, BEARER, SILENCE = (
    "authorization-status",
    "www-authenticate",
    "www-authenticate-bearer",
    "www-authenticate-silent",
)


def refused(*challenges: str, status: int = 401) -> Exchange:
    headers = (("Server", "x"), *(("wWw-Authenticate", challenge) for challenge in challenges))
    return Exchange(Request("POST", "/"), Answer(status, headers, b""))


def found(judgement: Judgement) -> tuple[list[str], list[tuple[str, str]]]:
    prefix = "join-service/"
    broken = [(finding.requirement.removeprefix(prefix), finding.where) for finding in judgement.findings]
    return sorted(one.removeprefix(prefix) for one in judgement.checked), broken


@pytest.mark.parametrize(
    ("one", "checked", "broken"),
    [
        (refused("Bearer"), [STATUS, HEADER, BEARER, SILENCE], None),
        (refused('Basic realm="x", BEARER realm="y"'), [STATUS, HEADER, BEARER, SILENCE], None),
        (refused("Basic", "bearer"), [STATUS, HEADER, BEARER, SILENCE], None),
        (refused('Bearer error="invalid_token"'), [STATUS, HEADER, BEARER, SILENCE], SILENCE),
        (refused("Bearer", "Basic error = x"), [STATUS, HEADER, BEARER, SILENCE], SILENCE),
        (refused("Bearer error_description=x"), [STATUS, HEADER, BEARER, SILENCE], None),
        (refused("Bearers", "Basic bearer=x"), [STATUS, HEADER, BEARER], BEARER),
        (refused(), [STATUS, HEADER], HEADER),
    ],
)
def test_without_a_token(one: Exchange, checked: list[str], broken: str | None) -> None:
    assert found(authenticate.without_token(one)) == (checked, [(broken, "WWW-Authenticate")] if broken else [])


def test_another_status_is_only_that() -> None:
    for one in (refused("Bearer", status=403), refused(status=400), SILENT):
        assert found(authenticate.without_token(one)) == ([STATUS], [(STATUS, "")])


@pytest.mark.parametrize(
    ("one", "holds"),
    [
        (refused('Bearer error="invalid_token"'), True),
        (refused("Bearer", "Basic error=invalid_token"), True),
        (refused('Bearer error="invalid_request"'), False),
        (refused("Bearer"), False),
        (refused("Basic error=invalid_request"), None),
        (refused(), None),
        (refused("Bearer", status=400), None),
        (SILENT, None),
    ],
)
def test_a_garbage_token(one: Exchange, holds: bool | None) -> None:
    error = "www-authenticate-error"
    expected = ([], []) if holds is None else ([error], [] if holds else [(error, "WWW-Authenticate")])
    assert found(authenticate.garbage_token(one)) == expected


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a" * 63 + ".example", True),
        ("a" * 64 + ".example", False),
        (".".join(["a" * 62] * 4) + ".b", True),
        (".".join(["a" * 62] * 4) + ".bc", False),
        ("my-own_name.example.", True),
        ("a..example", False),
        ("-", False),
        ("_.example", False),
        ("", False),
    ],
)
def test_what_could_be_a_domain_name(text: str, holds: bool) -> None:
    assert tenant.is_domain_name(text) is holds
