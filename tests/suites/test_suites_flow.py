"""Stories tell right from wrong: a server that goes wrong by what came before fails exactly what forbids that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from conformance.kit import Case
from conformance.results import Outcome
from conformance.server.behaviour import Behaviour, strict
from conformance.server.settings import Ready
from conformance.suites.story import Story
from suites.altered_behaviour import served
from suites.altered_server import Said, refusal
from suites.crowded_server import Crowded, Guest, Trouble, crowded_server, session_with_everything
from suites.suite_runner import Came, run, suites

SUITES = suites("test_flow")
EVERYTHING = (cast("ModuleType", SimpleNamespace(test_a_story=SUITES[0].test_a_story_of_everything)),)
KEPT = "nonce/kept-by-refusal"
SAME = "join-request/attributes-reuse-device-same"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Crowded, Ready]]:
    with crowded_server() as running:
        yield running


def came_with(server: tuple[Crowded, Ready], trouble: Trouble) -> Came:
    crowded, ready = server
    crowded.trouble = replace(trouble, together=0)
    try:
        return run(session_with_everything(ready), SUITES)
    finally:
        crowded.trouble = Trouble()


@dataclass
class Past:
    """A server that does not forget: `says` answers by what came before."""

    change: Callable[[Past, Guest], Said]
    joins: int = 0
    refused: bool = False
    nonces: list[bytes] = field(default_factory=list)

    def says(self, guest: Guest) -> Said:
        said = self.change(self, guest)
        if guest.joins:
            self.joins += 1
            self.refused = 400 <= guest.said.status < 500
        return said


def past(change: Callable[[Past, Guest], Said]) -> Trouble:
    return Trouble(says=Past(change).says)


def sulks(state: Past, guest: Guest) -> Said:
    """What comes after a refusal is answered 500."""
    return refusal(500) if guest.joins and state.refused else guest.said


def tires(state: Past, guest: Guest) -> Said:
    """The twelfth join and all after it are refused, as nothing that came before says."""
    return refusal(403) if guest.joins and state.joins >= 12 and guest.said.status == 201 else guest.said


def loses_discovery(state: Past, guest: Guest) -> Said:
    return refusal(404) if guest.path.endswith("/discover") and state.joins else guest.said


def consoles(_: Past, guest: Guest) -> Said:
    """A refusal brings a certificate all the same."""
    if not guest.joins or not 400 <= guest.said.status < 500:
        return guest.said
    body = {**json.loads(guest.said.body), "Certificate": {"Thumbprint": "", "RawBody": ""}}
    return replace(guest.said, body=json.dumps(body).encode())


def says_null(_: Past, guest: Guest) -> Said:
    """A refusal has every member of an answer, and nothing in them, as some libraries write it."""
    if not guest.joins or not 400 <= guest.said.status < 500:
        return guest.said
    return replace(guest.said, body=json.dumps({**json.loads(guest.said.body), "Certificate": None}).encode())


def misreports_the_reused(_: Past, guest: Guest) -> Said:
    """The thumbprint of a device that is used again is another's."""
    if not guest.joins or guest.said.status != 201 or b"ReuseDevice" not in guest.body:
        return guest.said
    value = json.loads(guest.said.body)
    value["Certificate"]["Thumbprint"] = "0" * 40
    return replace(guest.said, body=json.dumps(value).encode())


def busy(state: Past, guest: Guest) -> Said:
    return refusal(503) if guest.joins and state.joins >= 12 else guest.said


def always(change: Callable[[Behaviour], Behaviour]) -> Trouble:
    return Trouble(behaves=lambda _: change(strict()))


def forgets_nonces(honest: Behaviour) -> Behaviour:
    return replace(honest, accept_nonce=honest.accept_nonce.without("unspent"), spend_nonce=lambda *_: True)


def one_serial(honest: Behaviour) -> Behaviour:
    return replace(honest, order=lambda order, _holder, _case: replace(order, serial=4711))


def one_device(honest: Behaviour) -> Behaviour:
    return replace(honest, reused_device=lambda _: "11111111-2222-4333-8444-555555555555")


def another_when_reused(honest: Behaviour) -> Behaviour:
    """Asked to reuse a device, takes the latest of all."""
    made: list[str] = []

    def joined(case: Any) -> Any:
        document = honest.join_document(case)
        made.append(str(case.device_id))
        return document

    def reused(join: Any) -> str | None:
        return made[-1] if join.flag("ReuseDevice") and made else None

    return replace(honest, join_document=joined, reused_device=reused)


def no_reuse(honest: Behaviour) -> Behaviour:
    return replace(honest, reused_device=lambda _: None)


def once(change: Callable[[Behaviour], Behaviour]) -> Trouble:
    """A behaviour with a memory of its own."""
    behaviour = change(strict())
    return Trouble(behaves=lambda _: behaviour)


TROUBLES: dict[str, tuple[Callable[[], Trouble], set[str]]] = {
    "sulks": (lambda: past(sulks), {"processing/goes-on"}),
    "tires": (lambda: past(tires), {"device/in-any-order"}),
    "loses-discovery": (lambda: past(loses_discovery), {"device/in-any-order"}),
    "consoles": (lambda: past(consoles), {"processing/refusal-without-device"}),
    "misreports": (lambda: past(misreports_the_reused), {"join-answer/thumbprint-value"}),
    "forgets-nonces": (lambda: always(forgets_nonces), {"join-request/csr-nonce-reused"}),
    "one-serial": (lambda: always(one_serial), {"join-answer/certificate-serial-unique"}),
    "one-device": (lambda: always(one_device), {"join-answer/certificate-subject-unique"}),
    "another-device": (lambda: once(another_when_reused), {"join-answer/certificate-subject-unique"}),
}


def test_nothing_fails_where_there_is_no_trouble(server: tuple[Crowded, Ready]) -> None:
    came = came_with(server, Trouble())
    assert came.of(Outcome.PASS) == set(came.outcomes), came.reasons
    assert (came.readings(KEPT), came.readings(SAME)) == ({"does"}, {"does"})


def test_a_certificate_that_is_null_is_none(server: tuple[Crowded, Ready]) -> None:
    came = came_with(server, past(says_null))
    assert came.of(Outcome.FAIL) == set(), came.reasons


@pytest.mark.parametrize("name", TROUBLES)
def test_exactly_what_forbids_it_fails(server: tuple[Crowded, Ready], name: str) -> None:
    make, broken = TROUBLES[name]
    came = came_with(server, make())
    assert came.of(Outcome.FAIL) == broken, came.reasons
    assert not came.of(Outcome.ERROR)


def test_a_failure_tells_what_came_before(server: tuple[Crowded, Ready]) -> None:
    reason = came_with(server, past(tires)).reasons["device/in-any-order"]
    assert "which it accepts all alone; before it came " in reason
    assert "a nonce" in reason


def test_any_order_is_another_each_time(server: tuple[Crowded, Ready], monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[str]] = []

    class Heard(Story):
        """Keeps what it did."""

        def __init__(self, case: Case) -> None:
            super().__init__(case)
            told.append(self.taken)

    monkeypatch.setattr(SUITES[0], "Story", Heard)
    came_with(server, Trouble())
    (everything, *stories) = told
    assert {"discovery", "a nonce", "the same device, to be used again", "a nonce used twice"} <= set(everything)
    assert all(len(story) > SUITES[0].STORIES.stateful_step_count for story in stories)  # and a join at the end
    assert len({tuple(story) for story in stories}) == len(stories) == SUITES[0].STORIES.max_examples


def test_what_is_left_open_is_seen_and_no_failure(server: tuple[Crowded, Ready]) -> None:
    came = came_with(server, always(no_reuse))
    assert not came.of(Outcome.FAIL), came.reasons
    assert came.readings(SAME) == {"does not"}


@pytest.mark.parametrize(("status", "times"), [(200, 2), (405, 1)])
def test_devices_are_removed_in_between_where_that_is_offered(status: int, times: int) -> None:
    asked_for: list[int] = []

    def counting(honest: Behaviour) -> Behaviour:
        def reply(asked: Any, made: Any) -> Any:
            if asked.method == "DELETE":
                asked_for.append(made.status)
                made = replace(made, status=status)
            return made

        return replace(honest, reply=reply)

    with served(tls=True) as running:
        came = running.answers(counting, EVERYTHING)
    assert came.of(Outcome.PASS) == set(came.outcomes), came.reasons
    assert asked_for == [200] * times


def test_a_busy_target_proves_nothing(server: tuple[Crowded, Ready]) -> None:
    came = came_with(server, past(busy))
    assert not came.of(Outcome.FAIL) | came.of(Outcome.ERROR), came.reasons
    assert came.outcomes["device/in-any-order"] is Outcome.INCONCLUSIVE


def test_a_tenant_that_is_full_proves_nothing(server: tuple[Crowded, Ready]) -> None:
    full = {"code": "invalid_request", "subcode": "error_directory_quota_exceeded", "message": "No more."}

    def says(state: Past, guest: Guest) -> Said:
        late = guest.joins and state.joins >= 12
        return replace(refusal(403), body=json.dumps(full).encode()) if late else guest.said

    crowded, ready = server
    crowded.trouble = replace(past(says), together=0)
    try:
        came = run(session_with_everything(ready), EVERYTHING)  # the run ends with that
    finally:
        crowded.trouble = Trouble()
    assert not came.of(Outcome.FAIL) | came.of(Outcome.ERROR), came.reasons
    assert came.outcomes["device/in-any-order"] is Outcome.INCONCLUSIVE
    assert came.reasons["device/in-any-order"].startswith("the tenant's device quota is reached: answered 403")
    assert came.readings("processing/device-quota") == {"does"}


def test_a_target_that_offers_less_is_told_a_shorter_story(server: tuple[Crowded, Ready]) -> None:
    def less(_: Past, guest: Guest) -> Said:
        if not guest.path.endswith("/discover"):
            return guest.said
        value = json.loads(guest.said.body)
        del value["NonceService"], value["PrecreateService"]
        return replace(guest.said, body=json.dumps(value).encode())

    came = came_with(server, past(less))
    assert not came.of(Outcome.FAIL) | came.of(Outcome.ERROR) | came.of(Outcome.INCONCLUSIVE), came.reasons
    assert came.of(Outcome.SKIP) == {KEPT, "join-request/csr-nonce-reused"}
    assert came.outcomes["device/in-any-order"] is Outcome.PASS
