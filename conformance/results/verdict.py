"""The run's verdict, and the one sentence that says why.

The rule: conformant has to be earned. A failure at the gate's level decides; otherwise anything that leaves the run
without enough evidence makes it incomplete, and only what remains is conformant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.results.outcome import RequirementResult, Verdict
from conformance.results.records import Outcome

if TYPE_CHECKING:
    from conformance.results.records import TestRecord

GATES = {"must": ("MUST",), "should": ("MUST", "SHOULD")}
_ENOUGH = (9, 10)  # nine tenths of the applicable MUSTs
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Run:
    """What a verdict rests on. `stopped` is why the run stopped early; `ended` whether its footer was written."""

    requirements: tuple[RequirementResult, ...]
    gate: str
    stopped: str | None
    ended: bool
    tests: tuple[TestRecord, ...] = ()

    @property
    def applicable(self) -> tuple[RequirementResult, ...]:
        """The selected MUSTs of a server that a run can test, without those about what the target does not offer."""
        return tuple(
            item for item in self.requirements if item.level == "MUST" and item.testable and not item.not_offered
        )

    @property
    def settled(self) -> tuple[RequirementResult, ...]:
        """The applicable MUSTs that came to pass or fail."""
        return tuple(item for item in self.applicable if item.verdict in (Outcome.PASS, Outcome.FAIL))


def judge(run: Run) -> tuple[Verdict, str]:
    """The verdict and its sentence."""
    gated = [
        item
        for item in run.requirements
        if item.verdict is Outcome.FAIL and item.level in GATES.get(run.gate, ("MUST",))
    ]
    if gated:
        return Verdict.NONCONFORMANT, _failed(gated)
    for why in (_stopped(run), _errors(run), _untested(run), _too_little(run)):
        if why:
            return Verdict.INCOMPLETE, why
    return Verdict.CONFORMANT, _conformant(run)


def _failed(gated: list[RequirementResult]) -> str:
    by_level = [f"{number} {level}" for level in ("MUST", "SHOULD") if (number := sum(i.level == level for i in gated))]
    return f"{' and '.join(by_level)} {_noun(len(gated), 'requirement')} failed: {_names(gated)}."


def _stopped(run: Run) -> str:
    if not run.ended:
        return "The run ended without a footer" + (f", {run.stopped}." if run.stopped else ".")
    return f"The run stopped before its end: {run.stopped}." if run.stopped else ""


def _errors(run: Run) -> str:
    erred = [item for item in run.requirements if item.verdict is Outcome.ERROR]
    if erred:
        return f"The suite itself failed on {len(erred)} {_noun(len(erred), 'requirement')}: {_names(erred)}."
    tests = [test for test in run.tests if test.outcome is Outcome.ERROR]
    return f"The suite itself failed in {len(tests)} {_noun(len(tests), 'test')}: {tests[0].test}." if tests else ""


def _untested(run: Run) -> str:
    tested = any(item.verdict in (Outcome.PASS, Outcome.FAIL) for item in run.requirements)
    return "" if tested else "Nothing came to pass or fail, so the run says nothing of the target."


def _too_little(run: Run) -> str:
    settled, applicable = len(run.settled), len(run.applicable)
    if settled * _ENOUGH[1] >= applicable * _ENOUGH[0]:
        return ""
    missing = sorted({need for item in run.applicable for need in item.missing})
    remedy = f" (not given: {', '.join(missing)})" if missing else ""
    return f"Only {settled} of {applicable} applicable MUST requirements came to pass or fail{remedy}."


def _conformant(run: Run) -> str:
    below = sum(item.verdict is Outcome.FAIL for item in run.requirements)
    aside = f"; {below} failed below the gate" if below else ""
    if not run.applicable:
        return f"No requirement at the gate's level failed; no MUST requirement was to be tested{aside}."
    return (
        f"No requirement at the gate's level failed, and {len(run.settled)} of {len(run.applicable)} applicable MUST "
        f"requirements came to a verdict{aside}."
    )


def _names(items: list[RequirementResult]) -> str:
    more = len(items) - _TOLD
    return ", ".join(item.id for item in items[:_TOLD]) + (f" and {more} more" if more > 0 else "")


def _noun(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"
