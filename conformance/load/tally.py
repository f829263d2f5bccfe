"""What one process of a load has seen and not yet told: numbers, what is to be unique, and failures with their bytes.

The one rule: a tally is JSON on the wire, no larger for a target that is wrong in every answer: of each requirement a
few failures go whole, the others as numbers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.checks.judgement import Judgement
from conformance.exchange import Exchange
from conformance.results import Evidence

WHOLE: Final = 5  # failures of a requirement that a process tells whole

DISCOVERY: Final = "discovery"
NONCE: Final = "nonce"
JOIN: Final = "join"
AGAIN: Final = "join with a spent nonce"
TWICE: Final = "joins with one nonce, at once"
REMOVAL: Final = "removal"
SECTIONS: Final = {
    DISCOVERY: "3.1",
    NONCE: "3.2",
    JOIN: "2.1.1",
    AGAIN: "2.1.1.1.1",
    TWICE: "2.1.1.1.1",
    REMOVAL: "field",
}
"""The operations of a load, with the section of the document that each is about."""


@dataclass(frozen=True, slots=True)
class Unique:
    """Something that may come once: `what` it is, its digest, and the digest of whose it is (empty: of nobody).

    The same for the same owner is no second one: two answers for one key may be for one device.
    """

    what: str
    digest: str
    owner: str = ""


@dataclass(slots=True)
class Tally:
    """`requests`, `seconds`, `wrong` and `busy` by operation; `held` and `broken` by operation and requirement."""

    requests: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)
    busy: Counter[str] = field(default_factory=Counter)
    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    broken: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[tuple[str, str, Any]] = field(default_factory=list)
    uniques: list[tuple[str, str, str, int]] = field(default_factory=list)
    made: int = 0
    removed: int = 0
    _whole: Counter[str] = field(default_factory=Counter)

    def add(self, operation: str, seconds: float, *, wrong: bool) -> None:
        """One request was answered, or was not."""
        self.requests[operation] += 1
        self.seconds[operation] = self.seconds.get(operation, 0.0) + seconds
        self.wrong[operation] += wrong

    def judged(self, operation: str, judgement: Judgement, exchange: Exchange) -> None:
        """What a check said of an answer; each requirement counts once, however often the answer breaks it."""
        broken = {finding.requirement: finding for finding in reversed(judgement.findings)}
        for requirement in judgement.checked:
            self.held[operation, requirement] += requirement not in broken
        for requirement, finding in broken.items():
            self.broke(operation, requirement, Evidence(finding.problem, finding.where, exchange=exchange))

    def broke(self, operation: str, requirement: str, evidence: Evidence) -> None:
        """One answer broke a requirement."""
        self.broken[operation, requirement] += 1
        self._whole[requirement] += 1
        if self._whole[requirement] <= WHOLE:
            self.failures.append((operation, requirement, evidence.to_json()))

    def unique(self, thing: Unique, user: int) -> None:
        """Something came that may come once, to the user of this number."""
        self.uniques.append((thing.what, thing.digest, thing.owner, user))

    def told(self) -> dict[str, Any]:
        """All of it as JSON; afterwards there is nothing to tell."""
        told = {
            "requests": dict(self.requests),
            "seconds": dict(self.seconds),
            "wrong": dict(self.wrong),
            "busy": dict(self.busy),
            "held": [[*key, number] for key, number in self.held.items()],
            "broken": [[*key, number] for key, number in self.broken.items()],
            "failures": [list(failure) for failure in self.failures],
            "uniques": [list(unique) for unique in self.uniques],
            "made": self.made,
            "removed": self.removed,
        }
        for kept in (self.requests, self.wrong, self.busy, self.held, self.broken, self.seconds):
            kept.clear()
        self.failures.clear()
        self.uniques.clear()
        self.made = self.removed = 0
        return told
