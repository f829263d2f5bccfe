"""The fold: one verdict per requirement, one for the run, whatever the order of the tests."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import ResultsError
from conformance.results import (
    Device,
    Evidence,
    Footer,
    Header,
    Observation,
    Outcome,
    RequirementOutcome,
    Results,
    Stop,
    TestRecord,
    Verdict,
    fold,
    not_offered,
)
from conformance.spec import Catalogue, Level, Party, Requirement, Section, Source

if TYPE_CHECKING:
    from conformance.results import StreamRecord

PASS, FAIL, SKIP, INCONCLUSIVE, ERROR = Outcome
FOOTER = Footer("2026-11-22T16:01:00Z", 60.0, 99)


def entry(id_: str, level: str = "MUST", section: str = "2.1.1", **fields: Any) -> Requirement:
    kept = {"source": Source.DOCUMENT, "party": Party.SERVER, **fields}
    return Requirement(id_, f"The title of {id_}", section, Level(level), expects="Something.", **kept)


def small(*entries: Requirement) -> Catalogue:
    titles = {"2.1.1": "Device", "2.1.1.2": "Two", "2.1.1.10": "Ten"}
    sections = tuple(Section(number, title, title.lower()) for number, title in titles.items())
    return Catalogue(sections, {item.id: item for item in entries}, {})


def header(gate: str = "must", **fields: Any) -> Header:
    target = {"url": "https://drs.example", "tenant": "t", "domain": "d"}
    start = "2026-11-22T16:00:00Z"
    return Header(start, target, "quick", gate, 7, {"python": "3"}, **fields)


def a_test(
    *outcomes: RequirementOutcome, test: str = "t.py::t", section: str = "2.1.1", requests: int = 1
) -> TestRecord:
    return TestRecord(test, "Sends.", section, 0.5, requests, PASS, requirements=outcomes)


def came(outcome: Outcome, id_: str = "a/a", reason: str = "") -> RequirementOutcome:
    failures = (Evidence(reason),) if outcome is FAIL else ()
    return RequirementOutcome(id_, outcome, reason, 2, 3, failures)


def run(*records: StreamRecord, entries: tuple[Requirement, ...] = (entry("a/a"),)) -> Results:
    return fold(records, small(*entries))


def only(outcome: Outcome) -> Results:
    """A run of one MUST that came out so, beside ninety-nine that passed."""
    entries = (entry("a/a"), *(entry(f"b/b{index}") for index in range(99)))
    passes = a_test(*(came(PASS, item.id) for item in entries[1:]), test="u")
    return run(header(), a_test(came(outcome)), passes, FOOTER, entries=entries)


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ((PASS, FAIL, ERROR, INCONCLUSIVE, SKIP), FAIL),
        ((PASS, ERROR, INCONCLUSIVE, SKIP), ERROR),
        ((PASS, INCONCLUSIVE, SKIP), INCONCLUSIVE),
        ((PASS, SKIP), PASS),
        ((SKIP,), SKIP),
    ],
)
def test_the_heaviest_outcome_is_the_verdict(outcomes: tuple[Outcome, ...], verdict: Outcome) -> None:
    tests = [a_test(came(outcome, reason=outcome.value), test=str(index)) for index, outcome in enumerate(outcomes)]
    (result,) = run(header(), *tests, FOOTER).requirements
    assert (result.verdict, result.reason) == (verdict, verdict.value)
    assert (result.tests, result.cases, result.requests) == (len(tests), 2 * len(tests), 3 * len(tests))


@given(st.data())
def test_the_order_of_the_tests_does_not_matter(data: st.DataObject) -> None:
    outcomes = st.builds(came, st.sampled_from(Outcome), st.sampled_from(["a/a", "a/b"]), st.sampled_from("xyz"))
    seen = st.builds(Observation, st.sampled_from(["A1", "A2"]), st.sampled_from("pq"), st.text())
    count = data.draw(st.integers(0, 6))
    tests = [
        replace(a_test(*data.draw(st.lists(outcomes)), test=f"t{i}"), observations=tuple(data.draw(st.lists(seen))))
        for i in range(count)
    ]
    entries = (entry("a/a"), entry("a/b"))
    devices = [Device("d1", "1", "AA"), Device("d2", "2", "BB"), Device("d1", "1", "AA", removed=True)]
    first: list[StreamRecord] = [header(), *tests, *devices, FOOTER]
    assert run(*first, entries=entries) == run(*data.draw(st.permutations(first)), entries=entries)


def test_what_nothing_tested_is_skipped_and_says_why() -> None:
    entries = (
        entry("a/client", party=Party.CLIENT),
        entry("a/untested"),
        entry("a/hidden", untestable="it is the server's own affair"),
    )
    results = run(header(), FOOTER, entries=entries)
    assert [(item.verdict, item.reason) for item in results.requirements] == [
        (SKIP, "a duty of the client, which nothing a server answers can show"),
        (SKIP, "no test of the quick profile covers it"),
        (SKIP, "it is the server's own affair"),
    ]


def test_what_was_not_reached_says_so() -> None:
    (result,) = run(header(), Stop("interrupted"), FOOTER).requirements
    assert (result.verdict, result.reason) == (SKIP, "not reached before the run ended")


def test_a_must_without_a_test_is_evidence_that_is_missing() -> None:
    """What the suite has no test for does not fall out of the nine tenths: a run that tests little says little."""
    results = run(header(), a_test(came(PASS)), FOOTER, entries=(entry("a/a"), entry("a/untested")))
    assert results.verdict is Verdict.INCOMPLETE


def test_a_skip_says_what_was_not_given() -> None:
    needy = entry("a/a", needs=frozenset({"token", "challenge"}))
    (result,) = run(header(given=("token",)), a_test(came(SKIP)), FOOTER, entries=(needy,)).requirements
    assert result.missing == ("challenge",)


def test_what_the_target_does_not_offer_is_lacking_only_where_that_is_why() -> None:
    needy = entry("a/a", needs=frozenset({"nonce", "token"}))
    for why, lacking in (("nonce (discovery names no NonceService.Endpoint)", ("nonce",)), ("it gives no nonce", ())):
        skipped = a_test(came(SKIP, reason=not_offered(why)))
        (result,) = run(header(given=("token",)), skipped, FOOTER, entries=(needy,)).requirements
        assert (result.not_offered, result.missing) == (True, lacking)


def test_only_the_selection_is_there() -> None:
    results = run(header(selection=("a/b",)), FOOTER, entries=(entry("a/a"), entry("a/b")))
    assert [item.id for item in results.requirements] == ["a/b"]


def test_field_habits_are_observed_and_never_count() -> None:
    entries = (
        entry("a/a"),
        entry("a/habit", level="MAY", source=Source.FIELD),
        entry("a/other", level="MAY", source=Source.FIELD),
    )
    habits = a_test(came(PASS), came(FAIL, "a/habit", "sends 1"), came(SKIP, "a/other"))
    results = run(header(), habits, FOOTER, entries=entries)
    assert [item.id for item in results.requirements] == ["a/a"]
    assert results.observations == (Observation("a/habit", "does not", "sends 1"),)
    assert results.verdict is Verdict.CONFORMANT


def test_each_reading_is_told_once_in_the_order_of_the_ambiguities() -> None:
    seen = tuple(
        Observation(id_, reading, str(n)) for n, (id_, reading) in enumerate([("A10", "x"), ("A2", "y"), ("A2", "x")])
    )
    tests = [replace(a_test(came(PASS), test=name), observations=seen) for name in "ab"]
    told = run(header(), *tests, FOOTER).observations
    assert [(item.ambiguity, item.reading, item.evidence) for item in told] == [
        ("A2", "x", "2"),
        ("A2", "y", "1"),
        ("A10", "x", "0"),
    ]


def test_sections_are_counted_in_the_order_of_the_document() -> None:
    entries = (entry("a/ten", section="2.1.1.10"), entry("a/two", section="2.1.1.2"))
    tests = (
        a_test(came(FAIL, "a/ten"), section="2.1.1.10", requests=4),
        a_test(came(PASS, "a/two"), test="u", section="2.1.1.2"),
    )
    totals = run(header(), *tests, FOOTER, entries=entries).sections
    assert [(item.section, item.title, item.requests) for item in totals] == [
        ("2.1.1.2", "Two", 1),
        ("2.1.1.10", "Ten", 4),
    ]
    assert (totals[0].counts[PASS], totals[0].counts[FAIL], totals[1].counts[FAIL]) == (1, 0, 1)


@pytest.mark.parametrize(
    ("outcome", "verdict", "why"),
    [
        (
            PASS,
            Verdict.CONFORMANT,
            "No requirement at the gate's level failed, and 100 of 100 applicable MUST requirements",
        ),
        (FAIL, Verdict.NONCONFORMANT, "1 MUST requirement failed: a/a."),
        (SKIP, Verdict.CONFORMANT, "99 of 100"),
        (INCONCLUSIVE, Verdict.CONFORMANT, "99 of 100"),
        (ERROR, Verdict.INCOMPLETE, "The suite itself failed on 1 requirement: a/a."),
    ],
)
def test_one_requirement_among_a_hundred(outcome: Outcome, verdict: Verdict, why: str) -> None:
    results = only(outcome)
    assert results.verdict is verdict
    assert why in results.why


@pytest.mark.parametrize(
    ("passed", "verdict"), [(8, Verdict.INCOMPLETE), (9, Verdict.CONFORMANT), (10, Verdict.CONFORMANT)]
)
def test_nine_tenths_of_the_musts_must_be_settled(passed: int, verdict: Verdict) -> None:
    entries = tuple(entry(f"a/{n}", needs=frozenset({"challenge"})) for n in range(10))
    outcomes = (came(PASS if n < passed else SKIP, item.id, "needs a challenge") for n, item in enumerate(entries))
    results = run(header(), a_test(*outcomes), FOOTER, entries=entries)
    assert results.verdict is verdict
    if verdict is Verdict.INCOMPLETE:
        assert results.why == ("Only 8 of 10 applicable MUST requirements came to pass or fail (not given: challenge).")


def test_what_is_not_applicable_asks_for_no_evidence() -> None:
    """Not offered by the target, the client's duty, a SHOULD, not to be tested: none of them is a MUST to settle."""
    entries = (
        entry("a/a"),
        entry("a/offered"),
        entry("a/client", party=Party.CLIENT),
        entry("a/should", level="SHOULD"),
        entry("a/hidden", untestable="it is the server's own affair"),
    )
    skips = (
        came(SKIP, "a/offered", not_offered("precreate")),
        came(SKIP, "a/should", "no"),
        came(SKIP, "a/client", "no"),
    )
    results = run(header(), a_test(came(PASS), *skips), FOOTER, entries=entries)
    assert (results.verdict, "1 of 1" in results.why) == (Verdict.CONFORMANT, True)


@pytest.mark.parametrize(
    ("level", "gate", "verdict"),
    [
        ("SHOULD", "must", Verdict.CONFORMANT),
        ("SHOULD", "should", Verdict.NONCONFORMANT),
        ("MUST", "must", Verdict.NONCONFORMANT),
    ],
)
def test_the_gate_decides_what_a_failure_costs(level: str, gate: str, verdict: Verdict) -> None:
    entries = (entry("a/a", level=level), entry("a/b"))
    results = run(header(gate=gate), a_test(came(FAIL), came(PASS, "a/b")), FOOTER, entries=entries)
    assert results.verdict is verdict
    assert ("1 failed below the gate" in results.why) == (verdict is Verdict.CONFORMANT)


def test_what_is_optional_is_observed_and_never_counts() -> None:
    entries = (entry("a/a"), entry("a/may", level="MAY"))
    results = run(header(gate="should"), a_test(came(PASS), came(FAIL, "a/may", "why")), FOOTER, entries=entries)
    assert (results.verdict, [item.id for item in results.requirements]) == (Verdict.CONFORMANT, ["a/a"])
    assert [(seen.ambiguity, seen.reading) for seen in results.observations] == [("a/may", "does not")]


@pytest.mark.parametrize(
    ("ending", "why"),
    [
        ((), "The run was cut off before its footer."),
        (
            (Stop("line 3 of r.jsonl is half written"),),
            "The run was cut off before its footer, line 3 of r.jsonl is half written.",
        ),
        ((Stop("interrupted"), replace(FOOTER, stopped="interrupted")), "The run stopped before its end: interrupted."),
        ((replace(FOOTER, stopped="unreachable"),), "The run stopped before its end: unreachable."),
    ],
)
def test_a_run_that_did_not_end_is_incomplete(ending: tuple[StreamRecord, ...], why: str) -> None:
    results = run(header(), a_test(came(PASS)), *ending)
    assert (results.verdict, results.why) == (Verdict.INCOMPLETE, why)
    assert results.requirements[0].verdict is PASS  # nothing recorded is lost


def test_a_failure_outweighs_a_run_cut_short() -> None:
    assert run(header(), a_test(came(FAIL)), Stop("interrupted")).verdict is Verdict.NONCONFORMANT


def test_a_run_that_tested_nothing_is_incomplete() -> None:
    for records in ((), (a_test(came(SKIP, reason="x")),), (a_test(came(INCONCLUSIVE, reason="x")),)):
        results = run(header(), *records, FOOTER)
        assert (results.verdict, results.why[:27]) == (Verdict.INCOMPLETE, "Nothing came to pass or fai")


def test_an_error_outside_every_requirement_is_an_error_of_the_run() -> None:
    crashed = TestRecord("u", "Sends.", "2.1.1", 0, 0, ERROR, "a crash")
    results = run(header(), a_test(came(PASS)), crashed, FOOTER)
    assert (results.verdict, results.why) == (Verdict.INCOMPLETE, "The suite itself failed in 1 test: u.")


def test_requests_and_seconds_are_the_footers_or_what_the_tests_say() -> None:
    tests = (a_test(came(PASS)), a_test(came(PASS), test="u", requests=4))
    assert (run(header(), *tests, FOOTER).requests, run(header(), *tests).requests) == (99, 5)
    assert (run(header(), *tests, FOOTER).seconds, run(header(), *tests).seconds) == (60.0, 1.0)


def test_a_device_is_counted_once_and_stays_removed() -> None:
    devices = (Device("x", "1", "AA"), Device("X", "1", "AA", removed=True), Device("y", "2", "BB"))
    assert run(header(), *devices, FOOTER).to_json()["devices"] == {"created": 2, "removed": 1}


@pytest.mark.parametrize(("verdict", "status"), [("conformant", 0), ("nonconformant", 1), ("incomplete", 3)])
def test_exit_statuses_are_the_contract(verdict: str, status: int) -> None:
    assert Verdict(verdict).exit_status == status


def test_reasons_are_told_once_and_not_without_end() -> None:
    tests = [a_test(came(FAIL, reason=reason), test=f"t{n}") for n, reason in enumerate("aabcde")]
    (result,) = run(header(), *tests, FOOTER).requirements
    assert result.reason == "a; b; c; and 2 more"
    assert len(result.failures) == 6


def test_a_requirement_of_another_version_is_refused() -> None:
    with pytest.raises(ResultsError, match="'z/z', which this version's catalogue does not have"):
        run(header(), a_test(came(PASS, "z/z")), FOOTER)


def test_a_run_without_header_is_refused() -> None:
    with pytest.raises(ResultsError, match="one header, not 0"):
        run(FOOTER)


def test_results_json_is_json_whatever_came() -> None:
    results = run(header(), a_test(came(FAIL, reason="\ud800\x00<script>")), FOOTER)
    document = json.loads(json.dumps(results.to_json(), allow_nan=False))
    assert document["requirements"][0]["reason"] == "\\ud800\x00<script>"
    assert document["counts"] == {"pass": 0, "fail": 1, "skip": 0, "inconclusive": 0, "error": 0}
