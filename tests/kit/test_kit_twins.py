"""A refusal counts only while the untouched request is accepted, before and after; so does blame for a variant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.errors import TargetError
from conformance.exchange import Failure, FailureKind
from conformance.generate.faults import faults
from conformance.kit import Case, NotOffered, Twin, Unproven
from conformance.results import Outcome
from kit.kit_target import DOWN, URL, Asked, Desk, Rule, after

MAGIC = "join-request/transport-key-magic"
TYPE = "join-request/csr-type"
EDITS = faults(MAGIC)


def outcome(case: Case, requirement: str = MAGIC) -> Outcome:
    return next(found.outcome for found in case.ledger.outcomes() if found.id == requirement)


def reason(case: Case, requirement: str = MAGIC) -> str:
    return next(found.reason for found in case.ledger.outcomes() if found.id == requirement)


def refusing(desk: Desk, requirement: str = MAGIC) -> Case:
    """A negative case from its beginning to its end, as the recorder takes it there."""
    case = desk.case(requirement)
    try:
        case.refuses(*faults(requirement))
    except Unproven as why:
        case.unproven(why)
    case.close()
    return case


def edited(asked: Asked) -> bool:
    return asked.join and not asked.baseline


def only_edits(status: int) -> Rule:
    return lambda asked: status if edited(asked) else None


def test_refused_while_the_twin_is_accepted_is_a_pass() -> None:
    desk = Desk.of(only_edits(400))
    case = refusing(desk)
    assert outcome(case) is Outcome.PASS
    assert [asked.baseline for asked in desk.wires.joins()] == [True, *[False] * len(EDITS), True]


def test_accepted_is_a_fail_with_what_was_changed_and_both_exchanges() -> None:
    case = refusing(Desk.of())
    (found,) = case.ledger.outcomes()
    assert found.outcome is Outcome.FAIL
    evidence = found.failures[0]
    assert evidence.edit is not None
    assert evidence.edit.requirement == MAGIC
    assert evidence.exchange is not None
    assert evidence.baseline is not None
    assert evidence.exchange.request.body != evidence.baseline.request.body
    assert evidence.baseline.request.label == "the baseline: a conforming join"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_target_that_refuses_everything_passes_nothing(status: int) -> None:
    desk = Desk.of(lambda asked: status if asked.join else None)
    case = refusing(desk)
    assert outcome(case) is Outcome.INCONCLUSIVE
    assert [asked.baseline for asked in desk.wires.joins()] == [True]


def test_a_target_that_refuses_all_from_the_middle_on_passes_nothing_since() -> None:
    """The first case ends with an accepted twin, which begins the second; then it refuses all."""
    requests = 1 + len(EDITS) + 1
    desk = Desk.of(after(requests + 1, lambda _: 400), only_edits(400))
    first, second, third = refusing(desk), refusing(desk, TYPE), refusing(desk)
    assert outcome(first) is Outcome.PASS
    assert outcome(second, TYPE) is Outcome.INCONCLUSIVE
    assert reason(second, TYPE).startswith("afterwards the baseline (join) was not accepted")
    assert outcome(third) is Outcome.INCONCLUSIVE


def test_what_it_accepted_before_it_refused_all_stays_a_fail() -> None:
    desk = Desk.of(after(2, lambda _: 400))
    assert outcome(refusing(desk)) is Outcome.FAIL


def test_a_twin_that_is_accepted_again_serves_again() -> None:
    """Refusing everything for a while taints the cases of that while, and no other."""
    away = range(3, 3 + len(EDITS))
    desk = Desk.of(lambda asked: 400 if edited(asked) or (asked.join and len(desk.wires.joins()) in away) else None)
    assert [outcome(refusing(desk)) for _ in range(2)][1] is Outcome.PASS


@pytest.mark.parametrize("status", [408, 425, 429])
def test_a_busy_answer_is_neither_pass_nor_fail(status: int) -> None:
    case = refusing(Desk.of(only_edits(status)))
    assert outcome(case) is Outcome.INCONCLUSIVE
    assert f"answered {status}" in reason(case)


@pytest.mark.parametrize("status", [200, 204, 301, 500, 501, 502, 503])
def test_whatever_is_no_refusal_is_a_fail(status: int) -> None:
    assert outcome(refusing(Desk.of(only_edits(status)))) is Outcome.FAIL


@pytest.mark.parametrize(
    ("method", "status", "due"),
    [
        ("PATCH", 501, Outcome.PASS),
        ("PATCH", 500, Outcome.FAIL),
        ("PATCH", 503, Outcome.FAIL),
        ("GET", 501, Outcome.FAIL),
    ],
)
def test_501_refuses_a_method_that_a_server_may_do_without(method: str, status: int, due: Outcome) -> None:
    """RFC 9110 9.1 and 15.6.2; every server has GET."""
    id_ = "device/post-only"
    desk = Desk.of(lambda asked: status if edited(asked) else None)
    case = desk.case(id_)
    step = replace(desk.session.join_step(), method=method)
    case.refused_step(id_, "another method", step, Twin.JOIN, token=desk.session.token())
    case.close()
    assert outcome(case, id_) is due


def test_no_answer_to_an_edit_is_a_fail_while_the_target_lives() -> None:
    silent = Failure(FailureKind.RESET, "the connection ended before the answer did")
    desk = Desk.of(lambda asked: silent if edited(asked) else None)
    case = refusing(desk)
    assert outcome(case) is Outcome.FAIL
    assert desk.session.stopped is None


def test_a_target_that_is_gone_is_given_up_and_blamed_for_nothing_later() -> None:
    desk = Desk.of(only_edits(400))
    assert outcome(refusing(desk)) is Outcome.PASS
    desk.wires.rules.insert(0, lambda _: DOWN)
    case = desk.case(TYPE)
    with pytest.raises(Unproven, match="no nonce for the request: no connection"):
        case.refuses(*faults(TYPE))
    assert desk.session.stopped is not None
    assert desk.session.stopped.startswith(f"the target at {URL} gives no answer: no connection")
    asked = len(desk.wires.asked)
    case.close()
    with pytest.raises(TargetError, match="gives no answer"):
        desk.session.join(desk.session.draft(), "one more")
    assert len(desk.wires.asked) == asked
    assert outcome(case, TYPE) is Outcome.INCONCLUSIVE
    assert reason(case, TYPE) == desk.session.stopped


# --- variants


def variant(desk: Desk, requirement: str = TYPE) -> Case:
    case = desk.case(requirement)
    try:
        case.accepts_join([requirement], "a variant", desk.session.draft())
    except Unproven as why:
        case.unproven(why)
    case.close()
    return case


def test_a_variant_that_is_accepted_passes() -> None:
    assert outcome(variant(Desk.of()), TYPE) is Outcome.PASS


def test_a_variant_that_is_refused_while_the_twin_is_accepted_fails() -> None:
    assert outcome(variant(Desk.of(only_edits(400))), TYPE) is Outcome.FAIL


@pytest.mark.parametrize("status", [400, 401, 403, 429])
def test_a_variant_is_not_blamed_for_what_the_twin_gets_too(status: int) -> None:
    """A token that expired in mid-run, a quota that is reached: the twin was accepted before, and is no more."""
    desk = Desk.of(after(1, lambda _: status))
    first, second = variant(desk), variant(desk)
    assert outcome(first, TYPE) is Outcome.INCONCLUSIVE
    assert outcome(second, TYPE) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_refused_from_the_beginning_ends_what_needs_it(status: int) -> None:
    desk = Desk.of(lambda asked: status if asked.join else None)
    assert outcome(refusing(desk)) is Outcome.INCONCLUSIVE
    assert desk.session.refused_token == f"the target refuses the token for a conforming join (answered {status})"
    asked = len(desk.wires.joins())
    assert outcome(refusing(desk)) is Outcome.INCONCLUSIVE
    assert len(desk.wires.joins()) == asked == 1
    with pytest.raises(Unproven, match="refuses the token"):
        desk.session.token()


# --- what a case says where it did nothing


def test_a_case_that_records_nothing_is_inconclusive() -> None:
    case = Desk.of().case(MAGIC, TYPE)
    case.close()
    assert {found.outcome for found in case.ledger.outcomes()} == {Outcome.INCONCLUSIVE}
    assert reason(case) == "nothing that the target did bears on it"


def test_a_case_that_says_something_of_one_is_inconclusive_of_the_other() -> None:
    desk = Desk.of(only_edits(400))
    case = desk.case(MAGIC, TYPE)
    case.refuses(*EDITS)
    case.close()
    assert (outcome(case), outcome(case, TYPE)) == (Outcome.PASS, Outcome.INCONCLUSIVE)


def test_what_the_target_does_not_offer_is_left_out() -> None:
    case = Desk.of().case(MAGIC)
    case.unproven(NotOffered("discovery names no PrecreateService.PrecreateEndpoint"))
    case.close()
    (found,) = case.ledger.outcomes()
    assert found.outcome is Outcome.SKIP
    assert found.reason == "not offered: discovery names no PrecreateService.PrecreateEndpoint"


def test_a_twin_that_cannot_be_made_is_not_offered_either() -> None:
    desk = Desk.of()
    with pytest.raises(NotOffered, match="PrecreateEndpoint"):
        desk.twins.before(Twin.PRECREATE)


def test_devices_of_wrong_acceptances_are_recorded_too() -> None:
    desk = Desk.of()
    devices: list[tuple[str, str]] = []
    desk.session.on_device = lambda made: devices.append((made.id, made.thumbprint))
    refusing(desk)
    assert len(devices) == len(desk.wires.joins()) == len(set(devices))
