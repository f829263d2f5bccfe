"""Nonce answers: the document's example passes, what many nonces show, and that nothing is ever raised."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks import nonce
from conformance.checks.judgement import Judgement
from conformance.codec import base64
from conformance.exchange import Answer, Exchange, Request

VALUE = base64.encode(b'{"alg":"RSA-OAEP-256","enc":"A256GCM"}')
STATUS = {
    "message": "Successfully created a nonce",
    "traceId": "c532f6ca-259a-44af-8720-1f901ec69a09",
    "time": "10/12/2023 3:05:30 PM",
}
EXAMPLE: dict[str, Any] = {"ReponseStatus": STATUS, "Value": VALUE}
JWE = ".".join(base64.encode_url(part) for part in (b'{"alg":"RSA-OAEP-256","enc":"A256GCM"}', b"k", b"i", b"c", b"t"))


def exchange(value: object = EXAMPLE, *, status: int = 200, **headers: str) -> Exchange:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    fields = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
    return Exchange(Request("GET", "https://drs.example/nonce/"), Answer(status, tuple(fields.items()), body))


def failed(judgement: Judgement) -> set[str]:
    return {finding.requirement for finding in judgement.findings}


def readings(judgement: Judgement) -> set[tuple[str, str]]:
    return {(seen.subject, seen.reading) for seen in judgement.seen}


def test_the_documents_example_passes() -> None:
    judgement = nonce.answer(exchange()) + nonce.members(exchange())
    assert judgement.findings == ()
    assert readings(judgement) == {("A6", "reponse-status")}
    assert nonce.value_of(exchange()) == VALUE


@pytest.mark.parametrize(
    ("value", "reading", "broken"),
    [
        (EXAMPLE, "reponse-status", set()),
        ({"ResponseStatus": STATUS, "Value": VALUE}, "response-status", set()),
        (EXAMPLE | {"ResponseStatus": STATUS}, "both", set()),
        ({"Value": VALUE}, "neither", {"nonce/response-status"}),
    ],
)
def test_either_spelling_is_a_reading(value: object, reading: str, broken: set[str]) -> None:
    judgement = nonce.members(exchange(value))
    assert readings(judgement) == {("A6", reading)}
    assert failed(judgement) == broken
    assert ("nonce/response-status" in judgement.checked) is (reading != "response-status")


@pytest.mark.parametrize(
    ("value", "broken"),
    [
        ({"ReponseStatus": STATUS}, {"nonce/value"}),
        (EXAMPLE | {"Value": 5}, {"nonce/value"}),
        (EXAMPLE | {"Value": ""}, {"nonce/value"}),
        (EXAMPLE | {"Value": "=="}, {"nonce/value-base64"}),
        (EXAMPLE | {"ReponseStatus": {}}, {"nonce/message", "nonce/trace-id", "nonce/time"}),
    ],
)
def test_members(value: object, broken: set[str]) -> None:
    assert failed(nonce.members(exchange(value))) == broken


def test_a_nonce_that_comes_twice_is_found() -> None:
    assert failed(nonce.unique(["a", "b", "c"])) == set()
    assert failed(nonce.unique(["a", "b", "a"])) == {"nonce/unique"}
    assert nonce.unique(["a"]) == Judgement()  # one nonce shows nothing


def test_a_nonce_is_long_and_unlike_others() -> None:
    fair = [base64.encode(secrets.token_bytes(16)) for _ in range(20)]
    assert nonce.unpredictable(fair).checked == {"nonce/unpredictable"}
    assert failed(nonce.unpredictable(fair)) == set()
    assert failed(nonce.unpredictable([*fair, base64.encode(secrets.token_bytes(15))])) == {"nonce/unpredictable"}
    assert failed(nonce.unpredictable([*fair, "not base64"])) == {"nonce/unpredictable"}
    assert failed(nonce.unpredictable([*fair, "not base64, and long enough"])) == set()
    assert failed(nonce.unpredictable([*fair, fair[0]])) == set()  # which is for nonce/unique


@pytest.mark.parametrize(("differing", "found"), [(1, True), (7, True), (8, False), (16, False)])
def test_nonces_that_differ_in_few_octets_are_found(differing: int, found: bool) -> None:
    one = bytes(32)
    other = b"\x01" * differing + one[differing:]
    assert bool(nonce.unpredictable([base64.encode(one), base64.encode(other)]).findings) is found


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_the_difference_is_counted_octet_by_octet(one: bytes, other: bytes) -> None:
    longer = max(len(one), len(other))
    pairs = zip([*one, *[None] * (longer - len(one))], [*other, *[None] * (longer - len(other))], strict=True)
    assert nonce.difference(one, other) == sum(left != right for left, right in pairs)


@pytest.mark.parametrize("value", ["no-store", "No-Cache", "private, no-store, max-age=0", 'no-cache="x", private'])
def test_caches_are_told(value: str) -> None:
    assert failed(nonce.not_stored(exchange(Cache_Control=value))) == set()


@pytest.mark.parametrize("value", ["private", "max-age=0", "no-storage", ""])
def test_caches_are_not_told(value: str) -> None:
    assert failed(nonce.not_stored(exchange(Cache_Control=value))) == {"nonce/not-stored"}
    assert failed(nonce.not_stored(exchange())) == {"nonce/not-stored"}


@pytest.mark.parametrize(
    ("value", "reading"),
    [
        (base64.encode(JWE.encode()), "does"),
        (base64.encode(JWE.encode().rsplit(b".", 2)[0]), "does not"),
        (JWE, "does not"),
        ("x", "does not"),
    ],
)
def test_what_is_inside_is_observed(value: str, reading: str) -> None:
    assert readings(nonce.inside(exchange(EXAMPLE | {"Value": value}))) == {("field-services/nonce-jwe", reading)}


def test_half_a_character_is_no_nonce() -> None:
    assert nonce.value_of(exchange(EXAMPLE | {"Value": "x\ud800"})) is None


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_refusal_claims_nothing(status: int) -> None:
    seen = exchange(status=status)
    assert nonce.answer(seen) + nonce.members(seen) + nonce.not_stored(seen) + nonce.inside(seen) == Judgement()


def test_another_success_is_only_that() -> None:
    seen = exchange(status=201)
    assert failed(nonce.answer(seen) + nonce.members(seen)) == {"nonce/status"}


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries({}, optional={"ReponseStatus": JUNK, "ResponseStatus": JUNK, "Value": JUNK}) | JUNK,
    st.text(st.characters(codec="latin-1")),
)
def test_nothing_a_target_sends_raises(value: object, header: str) -> None:
    seen = exchange(value, Cache_Control=header)
    judgement = nonce.answer(seen) + nonce.members(seen) + nonce.not_stored(seen) + nonce.inside(seen)
    for text in (*(finding.problem for finding in judgement.findings), *(one.evidence for one in judgement.seen)):
        text.encode()  # no surrogate gets through


@given(st.lists(st.text(st.characters())))
def test_no_nonces_raise(nonces: list[str]) -> None:
    for finding in (nonce.unique(nonces) + nonce.unpredictable(nonces)).findings:
        finding.problem.encode()
