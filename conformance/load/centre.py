"""What all processes of a load told, put together: the one place where a thing that came twice is found.

The one rule: what may come once is counted here and nowhere else, so that two workers of a target that give two of our
processes the same are caught as surely as one is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.load import tally
from conformance.results import Evidence, Outcome, RequirementOutcome, TestRecord

_KEPT: Final = 5
UNIQUE: Final[Mapping[str, tuple[str, str, str]]] = {
    "nonce": (tally.NONCE, "nonce/unique", "the nonce was given before"),
    "serial number": (
        tally.JOIN,
        "join-answer/certificate-serial-unique",
        "another certificate of this issuer has this serial number, which was given before",
    ),
    "subject": (
        tally.JOIN,
        "join-answer/certificate-subject-unique",
        "another key's certificate has this subject, the device's id, which was given before",
    ),
}
"""What may come once: the operation that brings it, the requirement it stands for, and what is wrong with a second."""

Show = Callable[[str, dict[str, Any]], None]


@dataclass(slots=True)
class Centre:
    """The sum of all tallies. `show` asks a process, by its name, for the answer that brought something twice."""

    show: Show
    requests: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    busy: Counter[str] = field(default_factory=Counter)
    made: int = 0
    removed: int = 0
    waiting: int = 0  # answers asked for and not yet shown
    _seconds: dict[str, float] = field(default_factory=dict)
    _held: Counter[tuple[str, str]] = field(default_factory=Counter)
    _broken: Counter[tuple[str, str]] = field(default_factory=Counter)
    _failures: dict[tuple[str, str], list[Evidence]] = field(default_factory=dict)
    _seen: dict[tuple[str, bytes], tuple[bytes, int, int]] = field(default_factory=dict)
    _names: dict[str, int] = field(default_factory=dict)

    def take(self, process: str, told: Mapping[str, Any]) -> None:
        """What a process tells."""
        for mine, name in ((self.requests, "requests"), (self.wrong, "wrong"), (self.busy, "busy")):
            mine.update(told[name])
        for operation, seconds in told["seconds"].items():
            self._seconds[operation] = self._seconds.get(operation, 0.0) + seconds
        for counter, name in ((self._held, "held"), (self._broken, "broken")):
            for operation, requirement, number in told[name]:
                counter[operation, requirement] += number
        for operation, requirement, evidence in told["failures"]:
            self._fail(operation, requirement, Evidence.from_json(evidence))
        self.made += told["made"]
        self.removed += told["removed"]
        for what, digest, owner, user in told["uniques"]:
            self._unique(process, what, digest, owner, user)

    def shown(self, told: Mapping[str, Any]) -> None:
        """The answer that was asked for, or that it is not kept any more."""
        self.waiting -= 1
        operation, requirement, _ = UNIQUE[told["what"]]
        evidence = Evidence.from_json(told["evidence"]) if told["evidence"] else Evidence(told["problem"])
        self._fail(operation, requirement, evidence)

    def _unique(self, process: str, what: str, digest: str, owner: str, user: int) -> None:
        operation, requirement, problem = UNIQUE[what]
        this = bytes.fromhex(owner), self._names.setdefault(process, len(self._names) + 1), user
        first = self._seen.setdefault((what, bytes.fromhex(digest)), this)
        if first is this or (this[0] and first[0] == this[0]):
            self._held[operation, requirement] += 1
            return
        self._broken[operation, requirement] += 1
        self.wrong[operation] += 1
        if self._broken[operation, requirement] <= _KEPT:
            self.waiting += 1
            problem += f", to user {first[2]} of process {first[1]}"
            self.show(process, {"what": what, "digest": digest, "problem": problem})

    def _fail(self, operation: str, requirement: str, evidence: Evidence) -> None:
        kept = self._failures.setdefault((operation, requirement), [])
        if len(kept) < _KEPT:
            kept.append(evidence)

    def records(self) -> tuple[TestRecord, ...]:
        """A record of each operation that was tried, as a run has one of each test."""
        return tuple(self._record(name, section) for name, section in tally.SECTIONS.items() if self.requests[name])

    def _record(self, operation: str, section: str) -> TestRecord:
        ids = sorted({id_ for name, id_ in (*self._held, *self._broken) if name == operation})
        outcomes = tuple(self._outcome(operation, id_) for id_ in ids)
        failed = any(one.outcome is Outcome.FAIL for one in outcomes)
        return TestRecord(
            f"load::{operation}",
            f"By many users at once: {operation}.",
            section,
            round(self._seconds[operation], 3),
            self.requests[operation],
            Outcome.FAIL if failed else Outcome.PASS,
            "",
            outcomes,
        )

    def _outcome(self, operation: str, id_: str) -> RequirementOutcome:
        held, broken = self._held[operation, id_], self._broken[operation, id_]
        failures = tuple(self._failures.get((operation, id_), ()))
        if not broken:
            return RequirementOutcome(id_, Outcome.PASS, "", held, held)
        reason = f"{broken:,} of {held + broken:,} answers: {failures[0].problem}" if failures else "no answer was kept"
        return RequirementOutcome(id_, Outcome.FAIL, reason, held + broken, held + broken, failures)
