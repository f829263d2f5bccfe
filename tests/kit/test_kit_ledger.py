"""How one requirement comes out: what outweighs what, and which evidence is kept."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from conformance.checks.judgement import Finding
from conformance.exchange import Answer, Exchange, Request
from conformance.kit.judgings import Judgings
from conformance.kit.ledger import Ledger
from conformance.results import Observation, Outcome

ID, OTHER = "device/post", "device/creates"


def exchange(label: str = "") -> Exchange:
    return Exchange(Request("POST", "http://a/", label=label), Answer(400))


def failed(ledger: Ledger, problem: str = "wrong", id_: str = ID, *, shrinking: bool = False) -> None:
    ledger.failed(Finding(id_, problem), exchange(problem), edit=None, baseline=None, shrinking=shrinking)


RECORDS: dict[Outcome, Callable[[Ledger], None]] = {
    Outcome.FAIL: failed,
    Outcome.ERROR: lambda ledger: ledger.erred([ID], "ours"),
    Outcome.INCONCLUSIVE: lambda ledger: ledger.unproven([ID], "no twin"),
    Outcome.PASS: lambda ledger: ledger.passed(ID, exchange()),
    Outcome.SKIP: lambda ledger: ledger.left_out(ID, "not there"),
}
ORDER = list(RECORDS)


@pytest.mark.parametrize(
    "chosen", [set(some) for size in (1, 2, 3, 4, 5) for some in itertools.combinations(ORDER, size)]
)
def test_the_worst_decides_in_any_order(chosen: set[Outcome]) -> None:
    for order in itertools.permutations(chosen):
        ledger = Ledger()
        for outcome in order:
            RECORDS[outcome](ledger)
        (found,) = ledger.outcomes()
        assert found.outcome is next(outcome for outcome in ORDER if outcome in chosen)
        assert found.reason or found.outcome is Outcome.PASS
        assert bool(found.failures) == (Outcome.FAIL in chosen)


def test_nothing_recorded_is_nothing_said() -> None:
    ledger = Ledger()
    assert ledger.outcomes() == ()
    assert not ledger.broken


def test_passes_and_failures_are_counted_as_cases() -> None:
    ledger = Ledger()
    for _ in range(3):
        ledger.passed(ID, exchange())
    failed(ledger)
    (found,) = ledger.outcomes()
    assert (found.outcome, found.cases, found.reason) == (Outcome.FAIL, 4, "wrong")


def test_the_first_failures_are_kept_with_their_bytes() -> None:
    ledger = Ledger()
    for number in range(9):
        failed(ledger, f"wrong {number}")
    (found,) = ledger.outcomes()
    assert [evidence.problem for evidence in found.failures] == [f"wrong {number}" for number in range(5)]
    assert found.failures[0].exchange == exchange("wrong 0")
    assert found.cases == 9


def test_a_smaller_example_takes_the_place_of_a_larger() -> None:
    """Hypothesis goes from the first failing example to the smallest, which it runs last."""
    ledger = Ledger()
    for size in (100, 50, 3):
        failed(ledger, f"of size {size}", shrinking=True)
        ledger.raised()
    (found,) = ledger.outcomes()
    assert [evidence.problem for evidence in found.failures] == ["of size 3"]
    assert found.cases == 3


def test_all_that_one_example_broke_is_kept() -> None:
    ledger = Ledger()
    failed(ledger, "large", shrinking=True)
    ledger.raised()
    failed(ledger, "first", shrinking=True)
    failed(ledger, "second", shrinking=True)
    ledger.raised()
    (found,) = ledger.outcomes()
    assert [evidence.problem for evidence in found.failures] == ["first", "second"]


def test_what_another_example_broke_stays_broken() -> None:
    """A smaller example may fail by something else; what failed before failed all the same."""
    ledger = Ledger()
    failed(ledger, "one way", shrinking=True)
    ledger.raised()
    failed(ledger, "another way", OTHER, shrinking=True)
    ledger.raised()
    assert {found.id: found.outcome for found in ledger.outcomes()} == {ID: Outcome.FAIL, OTHER: Outcome.FAIL}


def test_a_later_example_that_passes_takes_nothing_back() -> None:
    ledger = Ledger()
    failed(ledger, "now so", shrinking=True)
    ledger.raised()
    ledger.passed(ID, exchange("now so"))
    (found,) = ledger.outcomes()
    assert found.outcome is Outcome.FAIL
    assert found.failures[0].exchange == exchange("now so")


def test_the_first_reason_counts_for_what_is_unproven() -> None:
    ledger = Ledger()
    ledger.passed(ID, exchange())
    ledger.unproven([ID, OTHER], "first")
    ledger.unproven([ID], "second")
    assert {(found.id, found.reason) for found in ledger.outcomes()} == {(ID, "first"), (OTHER, "first")}


def test_each_reading_is_observed_once_with_its_first_evidence() -> None:
    ledger = Ledger()
    for reading, evidence in (("200", "a"), ("201", "b"), ("200", "c")):
        ledger.observed(Observation("A1", reading, evidence))
    assert [(seen.reading, seen.evidence) for seen in ledger.observations()] == [("200", "a"), ("201", "b")]


def test_the_summary_has_a_line_for_each_failure() -> None:
    ledger = Ledger()
    failed(ledger, "one")
    failed(ledger, "two")
    failed(ledger, "three", OTHER)
    assert ledger.summary().splitlines() == [f"{ID}: one", f"{ID}: two", f"{OTHER}: three"]


def test_an_exchange_that_is_gone_leaves_its_place_to_none_that_comes_where_it_was_in_memory() -> None:
    judgings = Judgings()
    for number in range(50):
        judgings.baseline("join", exchange(str(number)))
    assert [judgings.exchanges[one.exchange].request.label for one in judgings.judged] == [str(n) for n in range(50)]
