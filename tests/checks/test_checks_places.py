"""Where in an answer to a join or for a nonce each finding says that it sits, and the edges of what is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from checks.checks_answer import asked, document, exchange, honest
from conformance.checks import join_answer, nonce
from conformance.checks.judgement import Judgement
from conformance.codec import base64

JWE = base64.encode(b"x" * 20)
NONCE: dict[str, Any] = {"ReponseStatus": {"message": "m", "traceId": "t", "time": "t"}, "Value": JWE}
STATUS: Any = {"ResponseStatus": NONCE["ReponseStatus"]}


def places(judgement: Judgement) -> list[tuple[str, str]]:
    return [(finding.requirement, finding.where) for finding in judgement.findings]


def honest_with(thumbprint: str) -> dict[str, Any]:
    return {**document(), "Certificate": {"Thumbprint": thumbprint, "RawBody": base64.encode(honest())}}


@pytest.mark.parametrize(
    ("judge", "requirement", "where"),
    [
        (lambda: join_answer.judge(exchange(document(), 202), asked()), "join-answer/status", "status"),
        (
            lambda: join_answer.judge(exchange(document()), asked(upn="b@c.example")),
            "join-answer/upn-value",
            "/User/Upn",
        ),
        (
            lambda: join_answer.judge(exchange(honest_with("aB" * 20)), asked()),
            "join-answer/thumbprint-value",
            "/Certificate/Thumbprint",
        ),
        (lambda: nonce.unique(["a", "a"]), "nonce/unique", "/Value"),
        (lambda: nonce.unpredictable(["AAAA"]), "nonce/unpredictable", "/Value"),
        (lambda: nonce.unpredictable([JWE, base64.encode(b"x" * 19 + b"y")]), "nonce/unpredictable", "/Value"),
        (lambda: nonce.unpredictable(["\ud800"]), "nonce/unpredictable", "/Value"),
        (lambda: nonce.not_stored(exchange(NONCE, 200)), "nonce/not-stored", "Cache-Control"),
    ],
)
def test_a_finding_says_what_and_where(judge: Callable[[], Judgement], requirement: str, where: str) -> None:
    judgement = judge()
    assert places(judgement) == [(requirement, where)]
    assert judgement.findings[0].problem


def test_how_often_a_nonce_came_is_counted() -> None:
    (finding,) = nonce.unique(["a", "b", "a", "a"]).findings
    assert finding.problem == "of 4 nonces, one came 3 times: 'a'"


def test_the_other_spelling_excuses_nothing_else() -> None:
    found = nonce.members(exchange({**STATUS, "Value": ""}, 200))
    assert [requirement for requirement, _ in places(found)] == ["nonce/value"]


@pytest.mark.parametrize(
    ("value", "found"), [(5, None), ("", None), (["x"], None), ("x\udfff", None), ("x\ue000", "x\ue000")]
)
def test_what_is_a_nonce_that_a_request_can_carry(value: Any, found: str | None) -> None:
    assert nonce.value_of(exchange({**NONCE, "Value": value}, 200)) == found


@pytest.mark.parametrize("thumbprint", ["G" * 40, "XX" * 20, "A" * 39, "A" * 41, "\uff21" * 40])
def test_a_thumbprint_that_is_none_has_no_value(thumbprint: str) -> None:
    judgement = join_answer.judge(exchange(honest_with(thumbprint)), asked())
    assert "join-answer/thumbprint-value" not in judgement.checked


@pytest.mark.parametrize("status", [199, 300, 301])
def test_no_success_says_nothing(status: int) -> None:
    one = exchange(document(), status)
    assert (
        join_answer.judge(one, asked()) + join_answer.status_seen(one) + join_answer.thumbprint_seen(one) == Judgement()
    )
    assert not join_answer.succeeded(one)


@pytest.mark.parametrize("certificate", [{"Thumbprint": "A" * 40}, {"RawBody": base64.encode(honest())}])
def test_half_of_a_pair_says_nothing_of_thumbprints(certificate: dict[str, str]) -> None:
    assert join_answer.thumbprint_seen(exchange({"Certificate": certificate})) == Judgement()


def test_what_is_seen_has_its_evidence() -> None:
    one = exchange(document())
    thumbprint = document()["Certificate"]["Thumbprint"]
    assert [each.evidence for each in join_answer.status_seen(one).seen] == ["answered 201"]
    assert [each.evidence for each in join_answer.thumbprint_seen(one).seen] == [f'"{thumbprint}"']
    assert [each.evidence for each in nonce.members(exchange(NONCE, 200)).seen] == [
        "the answer's members are ReponseStatus, Value"
    ]
