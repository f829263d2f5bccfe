"""Crowds tell right from wrong: with one kind of trouble between requests, exactly the requirement against it fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance.checks import crowd
from conformance.codec import base64
from conformance.codec.pkcs10 import CertificationRequest
from conformance.kit import Case, QuotaReached, Session, Twins
from conformance.kit.crowd import Parcel, at_once, user_of
from conformance.results import Outcome
from conformance.server.behaviour import Behaviour, strict
from conformance.server.settings import Ready
from suites.altered_server import Said, refusal
from suites.crowded_server import Crowded, Guest, Trouble, crowded_server, session_with_everything
from suites.suite_runner import Came, run, suites

SUITES = suites("test_at_once")
USED = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Crowded, Ready]]:
    with crowded_server() as running:
        yield running


def came_with(server: tuple[Crowded, Ready], trouble: Trouble) -> Came:
    crowded, ready = server
    crowded.trouble = trouble
    try:
        return run(session_with_everything(ready), SUITES)
    finally:
        crowded.trouble = Trouble()


def racing(change: Callable[[Behaviour], Behaviour]) -> Trouble:
    """This behaviour for joins that have company."""
    return Trouble(behaves=lambda guest: strict() if guest.alone or not guest.joins else change(strict()))


def saying(change: Callable[[Guest], Said]) -> Trouble:
    """This answer to every request that has company, but the first."""
    return Trouble(says=lambda guest: change(guest) if guest.place else guest.said)


def next_ones(guest: Guest) -> Said:
    """The answer that another of the batch was given."""
    return guest.batch[(guest.place + 1) % len(guest.batch)].said


def named_like_the_first(guest: Guest) -> Said:
    if not guest.joins or guest.said.status != 201 or guest.batch[0].said.status != 201:
        return guest.said
    value, first = (json.loads(said.body) for said in (guest.said, guest.batch[0].said))
    return replace(guest.said, body=json.dumps({**value, "User": first["User"]}).encode())


def first_ones_nonce(guest: Guest) -> Said:
    return guest.said if guest.joins else guest.batch[0].said


def ordered(**members: Any) -> Callable[[Behaviour], Behaviour]:
    return lambda honest: replace(honest, order=lambda order, _holder, _case: replace(order, **members))


def forgets_nonces(honest: Behaviour) -> Behaviour:
    return replace(honest, accept_nonce=honest.accept_nonce.without("unspent"), spend_nonce=lambda *_: True)


def forgets_challenges(honest: Behaviour) -> Behaviour:
    rules = honest.accept_challenge.without("unspent")
    return replace(honest, accept_challenge=rules, spend_challenge=lambda *_: True)


TROUBLES: dict[str, tuple[Trouble, set[str]]] = {
    "swapped": (
        Trouble(says=lambda guest: next_ones(guest) if guest.joins and guest.said.status == 201 else guest.said),
        {"device/at-once-own-answer"},
    ),
    "another-user": (saying(named_like_the_first), {"device/at-once-own-answer"}),
    "breaks": (saying(lambda guest: refusal(500) if guest.joins else guest.said), {"device/at-once-accepted"}),
    "refuses": (saying(lambda guest: refusal(409) if guest.joins else guest.said), {"device/at-once-accepted"}),
    "one-serial": (racing(ordered(serial=4711)), {"join-answer/certificate-serial-unique"}),
    "one-device": (
        racing(lambda honest: replace(honest, reused_device=lambda _: USED)),
        {"join-answer/certificate-subject-unique"},
    ),
    "no-nonce": (saying(lambda guest: guest.said if guest.joins else refusal(500)), {"nonce/at-once"}),
    "one-nonce": (saying(first_ones_nonce), {"nonce/unique"}),
    "nonce-wins-twice": (racing(forgets_nonces), {"join-request/csr-nonce-reused"}),
    "challenge-wins-twice": (racing(forgets_challenges), {"join-request/challenge-single-use"}),
    "waits-for-the-slow": (Trouble(stalled=lambda _: refusal(500)), {"device/at-once-undisturbed"}),
}


def test_nothing_fails_where_there_is_no_trouble(server: tuple[Crowded, Ready]) -> None:
    came = came_with(server, Trouble())
    assert came.of(Outcome.PASS) == set(came.outcomes), came.reasons


@pytest.mark.parametrize("name", TROUBLES)
def test_exactly_what_forbids_it_fails(server: tuple[Crowded, Ready], name: str) -> None:
    trouble, broken = TROUBLES[name]
    came = came_with(server, trouble)
    assert came.of(Outcome.FAIL) == broken, came.reasons
    assert not came.of(Outcome.ERROR)


@pytest.mark.parametrize("status", [429, 503])
def test_busy_is_no_failure(server: tuple[Crowded, Ready], status: int) -> None:
    came = came_with(server, saying(lambda _: refusal(status)))
    assert not came.of(Outcome.FAIL) | came.of(Outcome.ERROR), came.reasons
    assert came.readings("processing/busy") == {"does"}


def test_devices_made_beside_a_quota_answer_are_recorded(server: tuple[Crowded, Ready]) -> None:
    crowded, ready = server
    full = replace(refusal(403), body=b'{"code": "x", "subcode": "error_directory_quota_exceeded"}')
    crowded.trouble = saying(lambda guest: full if guest.joins and guest.place == 1 else guest.said)
    session = session_with_everything(ready)
    devices: list[str] = []
    session.on_device = lambda made: devices.append(made.thumbprint)
    with session.transport:
        parcels = [Parcel(session.join_step(), "a join", session.token()) for _ in range(3)]
        with pytest.raises(QuotaReached, match="device quota is reached"):
            at_once(session, parcels)
    crowded.trouble = Trouble()
    assert len(devices) == 2


def test_no_two_requests_of_the_crowds_share_a_key(server: tuple[Crowded, Ready]) -> None:
    crowded, ready = server
    session = replace_profile(session_with_everything(ready))
    keys: list[str] = []

    def collect(guest: Guest) -> Said:
        if guest.joins and not guest.alone and guest.said.status == 201:
            request = base64.decode(json.loads(guest.body)["CertificateRequest"]["Data"])
            keys.append(CertificationRequest.decode(request).info.public_key.key.hex())
        return guest.said

    crowded.trouble = Trouble(says=collect, together=0.05)
    (module,) = SUITES
    with session.transport:
        case = Case(session, Twins(session), (module.ACCEPTED,))
        module.test_joins(case)
    crowded.trouble = Trouble()
    assert len(keys) == 74
    assert len(set(keys)) == 74


def replace_profile(session: Session) -> Session:
    session.profile = replace(session.profile, at_once=(2, 8, 64))
    return session


def test_all_are_in_flight_at_once(server: tuple[Crowded, Ready]) -> None:
    crowded, ready = server
    sizes: list[int] = []

    def count(guest: Guest) -> Said:
        sizes.append(len(guest.batch))
        return guest.said

    crowded.trouble = Trouble(says=count, together=0.05)
    session = session_with_everything(ready)
    with session.transport:
        exchanges = at_once(session, [Parcel(session.nonce_step(), f"nonce {place}") for place in range(32)])
    crowded.trouble = Trouble()
    assert sizes[-32:] == [32] * 32
    assert [exchange.request.label for exchange in exchanges] == [f"nonce {place}" for place in range(32)]


def test_no_secret_is_in_an_exchange_of_a_crowd(server: tuple[Crowded, Ready]) -> None:
    session = session_with_everything(server[1])
    with session.transport:
        token = session.token()
        parcels = [Parcel(session.join_step(), "a join", token) for _ in range(2)]
        exchanges = at_once(session, parcels)
    assert token not in repr(exchanges) + repr(parcels)
    assert not any(crowd.busy(exchange) for exchange in exchanges)


def test_a_token_names_its_user(server: tuple[Crowded, Ready]) -> None:
    credentials = session_with_everything(server[1]).credentials
    assert credentials.token is not None
    assert credentials.other_token is not None
    assert user_of(credentials.token.next()) == "user@contoso.example"
    assert user_of(credentials.other_token.next()) == "colleague@contoso.example"
    assert user_of("opaque") is None
