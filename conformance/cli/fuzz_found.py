"""What a campaign has found: the records of all its rounds, folded test by test, so that a weekend takes no more room.

The one rule: a failure of any round is a failure, with the smallest evidence seen of it; what one round could not
prove, another may have.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.results import Device, Evidence, Observation, Outcome, RequirementOutcome, TestRecord

_KEPT = 3  # failures with their bytes, of a requirement in a test
_WEIGHT = (Outcome.FAIL, Outcome.ERROR, Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.SKIP)


@dataclass(slots=True)
class Failure:
    """A requirement that failed in a test: the seed that showed it first, and in how many rounds it did."""

    requirement: str
    test: str
    problem: str
    seed: int
    rounds: int = 1


@dataclass(slots=True)
class Found:
    """Of all rounds so far: each test's records as one, and the failures, each once."""

    tests: dict[str, TestRecord] = field(default_factory=dict)
    failures: dict[tuple[str, str], Failure] = field(default_factory=dict)
    requests: int = 0
    cases: int = 0
    created: int = 0

    def take(self, record: TestRecord | Device, seed: int) -> list[Failure]:
        """Takes a record in; gives the failures that are new."""
        if isinstance(record, Device):
            self.created += not record.removed
            return []
        self.requests += record.requests
        self.cases += sum(one.cases for one in record.requirements)
        new = [failure for one in record.requirements if (failure := self._failed(one, record.test, seed))]
        before = self.tests.get(record.test)
        self.tests[record.test] = merged(before, record.told()) if before else _trimmed(record.told())
        return new

    def _failed(self, one: RequirementOutcome, test: str, seed: int) -> Failure | None:
        if one.outcome is not Outcome.FAIL:
            return None
        if (known := self.failures.get((one.id, test))) is not None:
            known.rounds += 1
            return None
        failure = self.failures[one.id, test] = Failure(one.id, test, one.reason, seed)
        return failure

    def verdicts(self) -> dict[str, Outcome]:
        """Each requirement's, as far as it goes."""
        found: dict[str, Outcome] = {}
        for test in self.tests.values():
            for one in test.requirements:
                found[one.id] = min(found.get(one.id, one.outcome), one.outcome, key=_WEIGHT.index)
        return found

    def to_json(self) -> dict[str, Any]:
        """For the state of the campaign."""
        return {
            "tests": [test.to_json() for test in self.tests.values()],
            "failures": [
                {"requirement": f.requirement, "test": f.test, "problem": f.problem, "seed": f.seed, "rounds": f.rounds}
                for f in self.failures.values()
            ],
            "requests": self.requests,
            "cases": self.cases,
            "created": self.created,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Found:
        """It again. Raises `ResultsError`, `KeyError` or `TypeError` for what is none."""
        tests = [TestRecord.from_json(test) for test in value["tests"]]
        failures = [Failure(**failure) for failure in value["failures"]]
        return cls(
            {test.test: test for test in tests},
            {(failure.requirement, failure.test): failure for failure in failures},
            value["requests"],
            value["cases"],
            value["created"],
        )


def merged(one: TestRecord, other: TestRecord) -> TestRecord:
    """Two records of the same test as one."""
    outcomes: dict[str, RequirementOutcome] = {}
    for outcome in (*one.requirements, *other.requirements):
        known = outcomes.get(outcome.id)
        outcomes[outcome.id] = _either(known, outcome) if known else outcome
    worse = min(one, other, key=lambda record: _WEIGHT.index(record.outcome))
    layers = {name: one.layers.get(name, 0) + other.layers.get(name, 0) for name in {**one.layers, **other.layers}}
    return replace(
        worse,
        seconds=round(one.seconds + other.seconds, 4),
        requests=one.requests + other.requests,
        requirements=tuple(outcomes.values()),
        observations=_distinct((*one.observations, *other.observations)),
        layers=layers,
    )


def _either(one: RequirementOutcome, other: RequirementOutcome) -> RequirementOutcome:
    deciding = min(one, other, key=lambda outcome: _WEIGHT.index(outcome.outcome))
    return replace(
        deciding,
        cases=one.cases + other.cases,
        requests=one.requests + other.requests,
        failures=_smallest((*one.failures, *other.failures)),
    )


def _trimmed(record: TestRecord) -> TestRecord:
    outcomes = tuple(replace(one, failures=_smallest(one.failures)) for one in record.requirements)
    return replace(record, requirements=outcomes)


def _smallest(failures: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Those of the smallest edits, each problem once."""
    distinct = {evidence.problem: evidence for evidence in sorted(failures, key=_size, reverse=True)}
    return tuple(sorted(distinct.values(), key=_size)[:_KEPT])


def _size(evidence: Evidence) -> tuple[int, int, str]:
    edit, sent = evidence.edit, evidence.exchange
    octets = len(sent.request.body) if sent is not None else 0
    return (len(edit.after) if edit else octets, octets, evidence.problem)


def _distinct(observations: Iterable[Observation]) -> tuple[Observation, ...]:
    return tuple({(one.ambiguity, one.reading): one for one in reversed(tuple(observations))}.values())


def read(line: bytes) -> dict[str, Any] | None:
    """A line of a round's stream; None where it is cut off."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
