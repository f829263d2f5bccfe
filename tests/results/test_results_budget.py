"""What a budget had no time for: it lacks, it is counted, and every verdict says so."""

from __future__ import annotations

import pytest

from conformance.results import (
    Footer,
    Header,
    Outcome,
    RequirementOutcome,
    Results,
    TestRecord,
    Verdict,
    fold,
    left_out,
)
from conformance.spec import Catalogue, Level, Party, Requirement, Section, Source

FOOTER = Footer("2026-11-22T16:00:20Z", 20.0, 3)
MANY = 20


def entry(id_: str) -> Requirement:
    return Requirement(
        id_, "A title", "2.1", Level.MUST, source=Source.DOCUMENT, party=Party.SERVER, quote="Q", expects="Something."
    )


def catalogue() -> Catalogue:
    ids = [f"a/a{number}" for number in range(MANY)]
    entries = {id_: entry(id_) for id_ in ids}
    return Catalogue((Section("2.1", "One", "one"),), entries, {})


def came(reached: int, outcome: Outcome = Outcome.PASS, budget: float | None = 20.0) -> Results:
    """A run in which the first tests came out so, and the budget had no time for the rest."""
    given = {"url": "https://drs.example", "tenant": "t", "domain": "d"}
    header = Header("2026-11-22T16:00:00Z", given, "standard", "must", 7, {}, budget=budget)
    tests = []
    for number in range(MANY):
        found = RequirementOutcome(f"a/a{number}", outcome, "", 1, 1)
        if number >= reached:
            found = RequirementOutcome(f"a/a{number}", Outcome.SKIP, left_out(20))
        tests.append(TestRecord(f"t.py::t{number:02}", "Sends.", "2.1", 0.5, 1, found.outcome, requirements=(found,)))
    return fold((header, *tests, FOOTER), catalogue())


def test_a_run_that_reached_enough_is_conformant_and_says_what_it_left_out() -> None:
    results = came(MANY - 2)
    assert (results.verdict, results.exit_status) == (Verdict.CONFORMANT, 0)
    assert results.why.endswith(f"18 of {MANY} applicable MUST requirements came to a verdict. "
                                "The budget of 20 s left out 2 of 20 tests.")  # fmt: skip
    assert results.to_json()["budget"] == {"seconds": 20.0, "left_out": ["t.py::t18", "t.py::t19"]}


def test_a_run_that_reached_too_little_is_incomplete_and_says_what_would_do() -> None:
    results = came(MANY - 3)
    assert (results.verdict, results.exit_status) == (Verdict.INCOMPLETE, 3)
    assert results.why == (
        f"Only 17 of {MANY} applicable MUST requirements came to pass or fail (give it more with --budget). "
        "The budget of 20 s left out 3 of 20 tests."
    )


def test_a_failure_decides_however_little_was_reached() -> None:
    results = came(1, Outcome.FAIL)
    assert (results.verdict, results.exit_status) == (Verdict.NONCONFORMANT, 1)
    assert results.why.endswith("The budget of 20 s left out 19 of 20 tests.")


@pytest.mark.parametrize("budget", [None, 20.0])
def test_a_budget_that_was_enough_is_no_matter(budget: float | None) -> None:
    results = came(MANY, budget=budget)
    assert "budget" not in results.why
    assert results.to_json().get("budget") == ({"seconds": 20.0, "left_out": []} if budget else None)
    assert came(0).requirements[0].reason == "left out: too little was left of the budget of 20 s"
