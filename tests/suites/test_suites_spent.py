"""What was spent, and tokens at the PrecreateEndpoint: who may do otherwise is not blamed, who forgets is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.codec.pkcs10 import CertificationRequest
from conformance.plugin.embedded import credentials_of
from conformance.results import Outcome
from conformance.server import csr
from conformance.server.behaviour import Behaviour
from conformance.server.case import JoinCase
from conformance.server.defects import find
from conformance.server.defects.tokens import anonymous
from conformance.server.refusal import Refusal
from conformance.server.site import Site
from suites.altered_behaviour import Alter, Server, served
from suites.suite_runner import session_with, suites

SPENT = suites("test_join_spent")
TOKENS: list[Any] = [SimpleNamespace(test_=suites("test_device")[0].test_precreate_holds_a_token_to_the_same_rules)]
PRECREATES: list[Any] = [SimpleNamespace(test_=suites("test_device")[0].test_challenge_is_accepted_at_precreate)]
NONCE, CHALLENGE, TOKEN = "join-request/csr-nonce-reused", "join-request/challenge-single-use", "device/precreate-token"
PRECREATE = "device/precreate-endpoint"
UTF8 = 0x0C


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running:
        yield running


def knows_one_string_type(honest: Behaviour) -> Behaviour:
    """A nonce in any other type than UTF8String is to it as none, and it asks for none (A10, A12)."""

    def find_nonce(request: CertificationRequest) -> str | None:
        value = csr.nonce_extension(request)
        return honest.find_nonce(request) if value and value[0] == UTF8 else None

    return replace(honest, find_nonce=find_nonce)


def refuses_other_string_types(honest: Behaviour) -> Behaviour:
    def find_nonce(request: CertificationRequest) -> str | None:
        value = csr.nonce_extension(request)
        if value and value[0] != UTF8:
            raise Refusal("The nonce is no UTF8String.")
        return honest.find_nonce(request)

    return replace(honest, find_nonce=find_nonce)


def looks_at_no_nonce_of_a_challenge(honest: Behaviour) -> Behaviour:
    """The challenge is fresh by itself."""

    def stage(join: JoinCase) -> None:
        if join.precreate:
            vars(join)["nonce"] = None
        dict(honest.accept_join.table)["nonce"](join)

    return replace(honest, accept_join=honest.accept_join.changed("nonce", stage))


def breaks_over_other_spellings(honest: Behaviour) -> Behaviour:
    def find_nonce(request: CertificationRequest) -> str | None:
        text = honest.find_nonce(request)
        if text and (text != text.strip() or len(text) % 4):
            raise Refusal("Nobody foresaw this.", status=500)
        return text

    return replace(honest, find_nonce=find_nonce)


RIGHT = [
    lambda honest: honest,
    knows_one_string_type,
    refuses_other_string_types,
    looks_at_no_nonce_of_a_challenge,
    breaks_over_other_spellings,
]


@pytest.mark.parametrize("alter", RIGHT, ids=lambda alter: alter.__name__)
def test_who_takes_nothing_twice_is_not_blamed(server: Server, alter: Alter) -> None:
    came = server.answers(alter, SPENT, minted=True)
    assert (came.of(Outcome.FAIL), came.of(Outcome.ERROR)) == (set(), set())
    assert came.outcomes == {NONCE: Outcome.PASS, CHALLENGE: Outcome.PASS}


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("remembers-nonces-of-each-endpoint", NONCE),
        ("remembers-nonces-by-their-extension", NONCE),
        ("remembers-nonces-by-their-text", NONCE),
        ("remembers-challenges-by-their-text", CHALLENGE),
    ],
)
def test_who_takes_what_was_spent_is_told_how(server: Server, name: str, broken: str) -> None:
    came = server.answers(find(name).change, SPENT, minted=True)
    assert came.of(Outcome.FAIL) == {broken}
    assert "accepted" in came.reasons[broken]
    assert "spent" in came.reasons[broken]


def test_without_a_challenge_to_spare_nothing_is_told_of_the_other_endpoint(server: Server) -> None:
    came = server.answers(lambda honest: honest, SPENT)
    assert came.outcomes == {NONCE: Outcome.PASS, CHALLENGE: Outcome.SKIP}


def asks_for_no_token_there(honest: Behaviour) -> Behaviour:
    """A challenge is enough, and what comes as a token is not looked at (`device/precreate-authorization`)."""
    return anonymous(honest, lambda asked: "/precreate/" in asked.path)


def takes_any_word_for_a_token_there(honest: Behaviour) -> Behaviour:
    return anonymous(honest, lambda asked: "/precreate/" in asked.path and asked.header("authorization"))


@pytest.mark.parametrize("alter", [asks_for_no_token_there, takes_any_word_for_a_token_there])
def test_who_looks_at_no_token_at_precreate_is_not_held_to_any(server: Server, alter: Alter) -> None:
    came = server.answers(alter, TOKENS, minted=True)
    assert came.outcomes == {TOKEN: Outcome.SKIP}
    assert "asks for no token" in came.reasons[TOKEN]


@pytest.mark.parametrize("token", ["expired", "for-anyone", "unverified"])
def test_who_asks_for_a_token_at_precreate_is_held_to_all(server: Server, token: str) -> None:
    assert server.answers(lambda honest: honest, TOKENS, minted=True).outcomes == {TOKEN: Outcome.PASS}
    name = f"precreates-by-tokens-{token}" if token == "for-anyone" else f"precreates-by-{token}-tokens"
    assert server.answers(find(name).change, TOKENS, minted=True).outcomes == {TOKEN: Outcome.FAIL}


def test_a_server_that_takes_bad_tokens_anywhere_is_told_so_elsewhere(server: Server) -> None:
    def any_token(honest: Behaviour) -> Behaviour:
        def read(token: str, site: Site) -> Any:
            return find("reads-tokens-unverified").change(honest).read_token(token, site)

        rules = honest.accept_token.without("audience", "expiry", "not-before")
        return replace(honest, read_token=read, accept_token=rules)

    assert server.answers(any_token, TOKENS, minted=True).outcomes == {TOKEN: Outcome.SKIP}


def no_token_at_all(honest: Behaviour) -> Behaviour:
    def read(_token: str, _site: Site) -> Any:
        raise Refusal("Not now.", status=401)

    return replace(honest, read_token=read)


def refuses_challenges(honest: Behaviour) -> Behaviour:
    def read(_join: JoinCase) -> None:
        raise Refusal("There is no such challenge.")

    return replace(honest, accept_join=honest.accept_join.changed("challenge", read))


def test_where_the_token_is_refused_nothing_is_told_of_challenges(server: Server) -> None:
    came = server.answers(no_token_at_all, PRECREATES, minted=True)
    assert came.outcomes == {PRECREATE: Outcome.INCONCLUSIVE}
    assert "refuses the token" in came.reasons[PRECREATE]
    assert server.answers(refuses_challenges, PRECREATES, minted=True).outcomes == {PRECREATE: Outcome.FAIL}


def test_the_one_challenge_there_is_may_have_been_used_by_an_earlier_run(server: Server) -> None:
    supply = credentials_of(server.ready.document(), session_with(server.ready).target).challenge
    assert supply is not None
    challenge = supply.next()
    assert server.answers(lambda honest: honest, PRECREATES, challenge=challenge).outcomes == {PRECREATE: Outcome.PASS}
    again = server.answers(lambda honest: honest, PRECREATES, challenge=challenge)
    assert again.outcomes == {PRECREATE: Outcome.INCONCLUSIVE}
    assert "--challenge-command" in again.reasons[PRECREATE]
