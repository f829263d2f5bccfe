"""What a run comes to: a verdict per requirement, one for the run, and the numbers beside them.

The rule: everything here is complete and free of the order in which tests happened to end, so that two folds of one run
are equal and their JSON forms the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from conformance.results.records import Accepted, Outcome
from conformance.results.wire import dump

if TYPE_CHECKING:
    from conformance.results.baseline import Standing
    from conformance.results.records import Device, Evidence, Header, Load, Observation

STANDINGS = ("holding", "fixed", "expired", "untested", "absent")
_LEVELS = ("MUST", "SHOULD", "MAY")


class Verdict(Enum):
    """What the run says of the target, or that it can say nothing."""

    CONFORMANT = "conformant"
    NONCONFORMANT = "nonconformant"
    INCOMPLETE = "incomplete"

    @property
    def exit_status(self) -> int:
        """The status that goes with it where no baseline says otherwise: 0, 1, 3."""
        return {"conformant": 0, "nonconformant": 1, "incomplete": 3}[self.value]


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """One requirement: its verdict over `tests` tests, `cases` cases and `requests` requests, and why.

    `not_offered`: skipped because the target does not offer what it is about. `missing`: the needs it was not given.
    `failures` is the evidence of every failure, in the order of the tests' ids. `accepted`: the baseline's entry that
    takes the failure off the gate. `tested_by` are the ids of its tests, and `seconds` what these took, all that they
    test included.
    """

    id: str
    section: str
    level: str
    source: str
    title: str
    party: str
    verdict: Outcome
    reason: str = ""
    tests: int = 0
    cases: int = 0
    requests: int = 0
    testable: bool = True
    not_offered: bool = False
    missing: tuple[str, ...] = ()
    failures: tuple[Evidence, ...] = ()
    accepted: Accepted | None = None
    tested_by: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class SectionTotals:
    """One section of the document: its requirements counted by verdict; the requests and seconds its tests took.

    `layers` counts its negative cases by the layer in which the first wrong thing sits.
    """

    section: str
    title: str
    counts: dict[Outcome, int]
    requests: int
    seconds: float
    layers: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Results:
    """The whole run. `counts` has every outcome, zero or not; `layers` counts edits by the layer they were made in.

    `verdict` is about the target, `exit_status` about the gate: they part where a baseline accepts failures, or has too
    much. `baseline` is None where the run had none. `left_out`: the tests that the header's budget had no time for.
    `load`: users, times and devices of a load, None for other runs.
    """

    header: Header
    verdict: Verdict
    why: str
    ended: str | None
    seconds: float
    requests: int
    requirements: tuple[RequirementResult, ...]
    observations: tuple[Observation, ...]
    sections: tuple[SectionTotals, ...]
    counts: dict[Outcome, int]
    devices: tuple[Device, ...]
    layers: dict[str, int]
    exit_status: int
    baseline: Standing | None = None
    left_out: tuple[str, ...] = ()
    load: Load | None = None

    @property
    def failed(self) -> tuple[RequirementResult, ...]:
        """The requirements that failed, at any level: MUSTs first, each level in the document's order."""
        failed = [item for item in self.requirements if item.verdict is Outcome.FAIL]
        return tuple(sorted(failed, key=lambda item: _LEVELS.index(item.level)))

    @property
    def made(self) -> int:
        """How many devices the run created; a load counts its own."""
        return self.load.made if self.load else len(self.devices)

    @property
    def removed(self) -> int:
        """How many of them are gone: with a load those it removed itself, and those removed at its end."""
        return (self.load.removed if self.load else 0) + sum(device.removed for device in self.devices)

    def to_json(self) -> dict[str, Any]:
        """results.json (schemas/results.schema.json); evidence stays in the stream and the report."""
        header = self.header
        return {
            "target": dump(header.target),
            "profile": header.profile,
            "gate": header.gate,
            "seed": header.seed,
            "versions": dump(header.versions),
            "selection": list(header.selection),
            "given": list(header.given),
            "started": header.started,
            "ended": self.ended,
            "seconds": round(self.seconds, 3),
            "requests": self.requests,
            "verdict": self.verdict.value,
            "why": dump(self.why),
            "exit_status": self.exit_status,
            "counts": _counts(self.counts),
            "sections": [_section(item) for item in self.sections],
            "requirements": [_requirement(item) for item in self.requirements],
            "observations": [item.to_json() for item in self.observations],
            "layers": dump(self.layers),
            "devices": {"created": self.made, "removed": self.removed},
            **({"load": dump(self.load)} if self.load else {}),
            **({"baseline": _baseline(self.baseline, strict=header.strict)} if self.baseline else {}),
            **({"budget": {"seconds": header.budget, "left_out": list(self.left_out)}} if header.budget else {}),
        }


def _requirement(item: RequirementResult) -> dict[str, Any]:
    return {
        "id": item.id,
        "section": item.section,
        "level": item.level,
        "source": item.source,
        "party": item.party,
        "title": item.title,
        "verdict": item.verdict.value,
        "reason": dump(item.reason),
        "missing": list(item.missing),
        "tests": item.tests,
        "cases": item.cases,
        "requests": item.requests,
        **({"accepted": _accepted(item.accepted)} if item.accepted else {}),
    }


def _baseline(standing: Standing, *, strict: bool) -> dict[str, Any]:
    told = {name: [item.to_json() for item in getattr(standing, name)] for name in STANDINGS}
    return {"strict": strict, **told}


def _accepted(entry: Accepted) -> dict[str, Any]:
    return {"reason": dump(entry.reason), "expires": entry.expires}


def _section(item: SectionTotals) -> dict[str, Any]:
    return {
        "section": item.section,
        "title": item.title,
        "counts": _counts(item.counts),
        "requests": item.requests,
        "seconds": round(item.seconds, 3),
        "layers": dump(item.layers),
    }


def _counts(counts: dict[Outcome, int]) -> dict[str, int]:
    return {outcome.value: number for outcome, number in counts.items()}
