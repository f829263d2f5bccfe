"""What only shows over all processes, told to the centre by tallies that went over the wire as JSON."""

from __future__ import annotations

import json
from typing import Any

from conformance.checks.judgement import Finding, Judgement
from conformance.exchange import Answer, Exchange, Request
from conformance.load import tally
from conformance.load.centre import Centre
from conformance.load.tally import Tally, Unique
from conformance.results import Outcome

EXCHANGE = Exchange(Request("GET", "http://drs.example/nonce"), Answer(200, (), b"{}"), seconds=0.25)
SUBJECT = "join-answer/certificate-subject-unique"


def centre() -> tuple[Centre, list[tuple[str, dict[str, Any]]]]:
    asked: list[tuple[str, dict[str, Any]]] = []
    return Centre(lambda process, wanted: asked.append((process, wanted))), asked


def told(made: Tally) -> Any:
    return json.loads(json.dumps(made.told()))


def of(operation: str, *uniques: Unique, user: int = 0) -> Any:
    made = Tally()
    made.add(operation, 0.25, wrong=False)
    for unique in uniques:
        made.unique(unique, user)
    return told(made)


def outcomes(summed: Centre) -> dict[str, Outcome]:
    return {one.id: one.outcome for record in summed.records() for one in record.requirements}


def test_a_nonce_that_comes_to_two_processes_is_found_and_asked_for_where_it_came_second() -> None:
    summed, asked = centre()
    summed.take("one", of(tally.NONCE, Unique("nonce", "aa"), user=3))
    summed.take("two", of(tally.NONCE, Unique("nonce", "bb")))
    assert outcomes(summed) == {"nonce/unique": Outcome.PASS}
    summed.take("two", of(tally.NONCE, Unique("nonce", "aa")))
    problem = "the nonce was given before, to user 3 of process 1"
    assert asked == [("two", {"what": "nonce", "digest": "aa", "problem": problem})]
    assert (summed.waiting, summed.wrong[tally.NONCE]) == (1, 1)
    summed.shown({"what": "nonce", "problem": problem, "evidence": {"problem": problem}})
    assert summed.waiting == 0
    (record,) = summed.records()
    (outcome,) = record.requirements
    assert (record.outcome, record.requests, record.seconds, record.section) == (Outcome.FAIL, 3, 0.75, "3.2")
    assert outcome.reason == f"1 of 3 answers: {problem}"


def test_a_duplicate_whose_answer_is_not_kept_is_a_failure_all_the_same() -> None:
    summed, _ = centre()
    for process in ("one", "two"):
        summed.take(process, of(tally.JOIN, Unique("serial number", "aa", owner="11" if process == "one" else "22")))
    summed.shown({"what": "serial number", "problem": "again", "evidence": None})
    ((failure,),) = [one.failures for record in summed.records() for one in record.requirements]
    assert (failure.problem, failure.exchange) == ("again", None)


def test_the_same_for_the_same_owner_is_no_second_one() -> None:
    summed, asked = centre()
    for process in ("one", "two", "one"):
        summed.take(process, of(tally.JOIN, Unique("subject", "aa", owner="11")))
    assert outcomes(summed) == {SUBJECT: Outcome.PASS}
    assert asked == []


def test_a_target_that_is_wrong_in_every_answer_fills_neither_wire_nor_memory() -> None:
    summed, asked = centre()
    wrong = Judgement(frozenset({"nonce/json"}), (Finding("nonce/json", "is no JSON"),))
    made = Tally()
    for number in range(1000):
        made.add(tally.NONCE, 0.1, wrong=True)
        made.judged(tally.NONCE, wrong, EXCHANGE)
        made.unique(Unique("nonce", "aa"), number)
    first = told(made)
    assert len(first["failures"]) == tally.WHOLE
    summed.take("one", first)
    made.judged(tally.NONCE, wrong, EXCHANGE)
    later = told(made)
    assert later["failures"] == []
    assert later["requests"] == {}
    summed.take("one", later)
    (record,) = summed.records()
    reasons = {one.id: (one.cases, len(one.failures)) for one in record.requirements}
    assert reasons == {"nonce/json": (1001, tally.WHOLE), "nonce/unique": (1000, 0)}
    assert len(asked) == tally.WHOLE


def test_a_requirement_that_holds_in_some_answers_and_not_in_others_is_broken() -> None:
    summed, _ = centre()
    made = Tally()
    good, bad = Judgement(frozenset({"nonce/json"})), (Finding("nonce/json", "is no JSON", "/Value"),)
    for judgement in (good, good, Judgement(frozenset({"nonce/json"}), bad)):
        made.add(tally.NONCE, 0.1, wrong=bool(judgement.findings))
        made.judged(tally.NONCE, judgement, EXCHANGE)
    summed.take("one", told(made))
    ((outcome,),) = [record.requirements for record in summed.records()]
    assert outcome.reason == "1 of 3 answers: is no JSON"
    assert outcome.failures[0].exchange == EXCHANGE
