"""How the requirements of one case came out, counted: passes, failures with evidence, and what proved nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.checks.judgement import Finding
from conformance.exchange import Exchange
from conformance.kit.judgings import Judgings
from conformance.results import EditRecord, Evidence, Observation, Outcome, RequirementOutcome, not_offered

_EVIDENCE_KEPT = 5


@dataclass(slots=True)
class Ledger:
    """Failures are kept in order, the first few with their bytes; under Hypothesis the last, which is smallest."""

    _passes: Counter[str] = field(default_factory=Counter)
    _failures: dict[str, list[Evidence]] = field(default_factory=dict)
    _failed: Counter[str] = field(default_factory=Counter)
    _unproven: dict[str, str] = field(default_factory=dict)
    _errors: dict[str, str] = field(default_factory=dict)
    _left_out: dict[str, str] = field(default_factory=dict)
    _observations: dict[tuple[str, str], Observation] = field(default_factory=dict)
    layers: Counter[str] = field(default_factory=Counter)
    judgings: Judgings = field(default_factory=Judgings)
    last: Exchange | None = None
    _superseded: set[str] = field(default_factory=set)

    @property
    def broken(self) -> bool:
        """Whether any requirement failed."""
        return bool(self._failures)

    @property
    def passes(self) -> int:
        """How often a requirement was borne out."""
        return self._passes.total()

    def passed(self, requirement: str, exchange: Exchange) -> None:
        """One case that bears the requirement out."""
        self._passes[requirement] += 1
        self.last = exchange

    def failed(
        self,
        finding: Finding,
        exchange: Exchange,
        *,
        edit: EditRecord | None,
        baseline: Exchange | None,
        shrinking: bool,
    ) -> None:
        """One case in which the target broke the requirement."""
        evidence = Evidence(finding.problem, finding.where, edit, exchange, baseline)
        kept = self._failures.setdefault(finding.requirement, [])
        if shrinking and finding.requirement in self._superseded:
            kept.clear()  # Hypothesis has found a smaller example of it; what another broke stays broken
            self._superseded.discard(finding.requirement)
        self._failed[finding.requirement] += 1
        if len(kept) < _EVIDENCE_KEPT:
            kept.append(evidence)
        self.last = exchange

    def raised(self) -> None:
        """An example of Hypothesis ends with what was recorded of it; the next that fails is smaller."""
        self._superseded.update(self._failures)

    def layer(self, layer: str) -> None:
        """One negative case whose first wrong thing sits in this layer."""
        self.layers[layer] += 1

    def observed(self, observation: Observation) -> None:
        """A reading; the first evidence of each is kept."""
        self._observations.setdefault((observation.ambiguity, observation.reading), observation)

    def unproven(self, requirements: Iterable[str], reason: str) -> None:
        """These were not proven, whatever passed for them; a failure stays one."""
        for requirement in requirements:
            self._unproven.setdefault(requirement, reason)

    def left_out(self, requirement: str, reason: str) -> None:
        """The requirement does not apply to this target; anything that was recorded of it counts for more."""
        self._left_out.setdefault(requirement, reason)

    def erred(self, requirements: Iterable[str], reason: str) -> None:
        """Our own fault kept these from being tested."""
        for requirement in requirements:
            self._errors[requirement] = reason

    def requirements(self) -> list[str]:
        """Every requirement that something was recorded of."""
        return sorted({*self._passes, *self._failures, *self._unproven, *self._errors, *self._left_out})

    def summary(self) -> str:
        """One line per failure."""
        return "\n".join(f"{id_}: {evidence.problem}" for id_, kept in self._failures.items() for evidence in kept)

    def observations(self) -> tuple[Observation, ...]:
        """What was observed."""
        return tuple(self._observations.values())

    def outcomes(self) -> tuple[RequirementOutcome, ...]:
        """Each requirement's outcome: a failure over an error over what is unproven over a pass."""
        return tuple(self._outcome(requirement) for requirement in self.requirements())

    def _outcome(self, requirement: str) -> RequirementOutcome:
        cases = self._passes[requirement] + self._failed[requirement]
        failures = tuple(self._failures.get(requirement, ()))
        if failures:
            return RequirementOutcome(requirement, Outcome.FAIL, failures[0].problem, cases, cases, failures)
        if requirement in self._errors:
            return RequirementOutcome(requirement, Outcome.ERROR, self._errors[requirement], cases, cases)
        if requirement in self._unproven:
            return RequirementOutcome(requirement, Outcome.INCONCLUSIVE, self._unproven[requirement], cases, cases)
        if not cases:
            return RequirementOutcome(requirement, Outcome.SKIP, not_offered(self._left_out[requirement]))
        return RequirementOutcome(requirement, Outcome.PASS, "", cases, cases)
