"""Answers that came together: an answer is mixed up where it shows what is another request's, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from checks.checks_answer import UPN, asked, document, exchange, honest, key_of
from conformance.checks import crowd
from conformance.checks.judgement import Judgement
from conformance.codec import base64
from conformance.exchange import Exchange, Failure, FailureKind, Request

NEIGHBOUR = "neighbour@contoso.example"
KEY = "certifies the key of another request that was under way", "/Certificate/RawBody"
USER = f'is "{NEIGHBOUR}", the user of another request that was under way', "/User/Upn"
CUT = {"Certificate": {"RawBody": base64.encode(honest()[:-1])}}


def told(judgement: Judgement) -> list[tuple[str, str]]:
    assert {one.requirement for one in judgement.findings} <= {crowd.OWN}
    return [(one.problem, one.where) for one in judgement.findings]


def of(upn: str | None) -> Exchange:
    return exchange(document() | {"User": {"Upn": upn}})


@pytest.mark.parametrize(
    ("busy", "status"),
    [(True, 429), (True, 503), (False, 201), (False, 400), (False, 500), (False, 502), (False, 504)],
)
def test_who_has_too_much_to_do_says_so_by_the_status(busy: bool, status: int) -> None:
    assert crowd.busy(exchange(b"", status)) is busy


def test_no_answer_is_not_busy() -> None:
    silent = Exchange(Request("POST", "/"), failure=Failure(FailureKind.TIMEOUT, "no answer"))
    assert crowd.busy(silent) is False


def test_an_answer_of_its_own_is_not_mixed_up() -> None:
    others = [asked(key=key_of("rsa-2048-01"), upn=NEIGHBOUR), asked(key=key_of("rsa-2048-02"))]
    judgement = crowd.own(exchange(document()), asked(), others)
    assert judgement.checked == {crowd.OWN}
    assert told(judgement) == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_key_of_any_other_request_is_told(place: int) -> None:
    others = [asked(key=key_of(f"rsa-2048-0{number}")) for number in (2, 3)]
    others.insert(place, asked())
    judgement = crowd.own(exchange(document()), asked(key=key_of("rsa-2048-01")), others)
    assert told(judgement) == [KEY]


@pytest.mark.parametrize("case", [str, str.upper])
def test_the_user_of_another_request_is_told(case: Any) -> None:
    """Names of users are compared without case."""
    others = [asked(key=key_of("rsa-2048-01"), upn=upn) for upn in (None, UPN, case(NEIGHBOUR))]
    assert told(crowd.own(of(NEIGHBOUR), asked(), others)) == [USER]
    assert told(crowd.own(of(case(UPN)), asked(), others)) == []


def test_an_answer_that_is_all_another_request_s_is_told_of_both() -> None:
    other = asked(upn=NEIGHBOUR)
    assert told(crowd.own(of(NEIGHBOUR), asked(key=key_of("rsa-2048-01")), [other])) == [KEY, USER]


def test_what_is_wrong_by_itself_is_not_mixed_up() -> None:
    """Nobody's key, nobody's user."""
    neighbours = [asked(key=key_of("rsa-2048-02"), upn=upn) for upn in (None, NEIGHBOUR)]
    for others in ([], neighbours):
        judgement = crowd.own(of("nobody@contoso.example"), asked(key=key_of("rsa-2048-01")), others)
        assert told(judgement) == []


@pytest.mark.parametrize("upn", ["", None])
def test_a_user_who_is_not_named_or_not_known_is_nobody_s(upn: str | None) -> None:
    others = [asked(key=key_of("rsa-2048-01"), upn=upn)]
    assert told(crowd.own(of(upn), asked(), others)) == []
    assert told(crowd.own(of(NEIGHBOUR), asked(upn=upn), [asked(key=key_of("rsa-2048-01"), upn=NEIGHBOUR)])) == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[", CUT])
def test_an_answer_without_a_certificate_is_not_judged_by_its_key(body: Any) -> None:
    judgement = crowd.own(exchange(body), asked(key=key_of("rsa-2048-01")), [asked()])
    assert (judgement.checked, judgement.findings) == (frozenset(), ())
