"""The run's verdict, the one sentence that says why, and the status the command ends with.

Rule 1: conformant has to be earned. A failure at the gate's level decides; otherwise anything that leaves the run
without enough evidence makes it incomplete, and only what remains is conformant.
Rule 2: the verdict is about the target, the status about the gate. Failures that the baseline accepts leave a target
nonconformant and let it through, once the run was complete; what the baseline has too much stops a conformant one.
Rule 3: what a budget had no time for was not tested: it counts as lacking, and every verdict says how much it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from conformance.results.baseline import Standing
from conformance.results.outcome import RequirementResult, Verdict
from conformance.results.records import LEFT_OUT, Outcome

if TYPE_CHECKING:
    from conformance.results.records import TestRecord

GATES = {"must": ("MUST",), "should": ("MUST", "SHOULD")}
_ENOUGH = (9, 10)  # nine tenths of the applicable MUSTs
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Run:
    """What a verdict rests on. `stopped` is why the run stopped early; `ended` whether its footer was written.

    `baseline` is what became of the baseline's entries; `strict`: those that fail no more stop the gate too.
    `budget` is how many seconds the run was given, None for as many as it takes.
    """

    requirements: tuple[RequirementResult, ...]
    gate: str
    stopped: str | None
    ended: bool
    tests: tuple[TestRecord, ...] = ()
    baseline: Standing = field(default_factory=Standing)
    strict: bool = False
    budget: float | None = None

    @property
    def left_out(self) -> tuple[str, ...]:
        """The tests that the budget had no time for, or not for all of them."""
        return tuple(
            test.test for test in self.tests if any(one.reason.startswith(LEFT_OUT) for one in test.requirements)
        )

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


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict, the sentence that says why, and the exit status."""

    verdict: Verdict
    why: str
    exit_status: int


def judge(run: Run) -> Ruling:
    """What the run comes to."""
    ruling = _judge(run)
    return replace(ruling, why=ruling.why + _short(run))


def _short(run: Run) -> str:
    """What the budget had no time for, as a sentence of its own."""
    left = len(run.left_out)
    return f" The budget of {run.budget:g} s left out {left} of {len(run.tests)} tests." if left else ""


def _judge(run: Run) -> Ruling:
    levels = GATES.get(run.gate, ("MUST",))
    failed = [item for item in run.requirements if item.verdict is Outcome.FAIL and item.level in levels]
    if gated := [item for item in failed if item.accepted is None]:
        accepted = f"; the baseline accepts {len(failed) - len(gated)} more" if len(failed) > len(gated) else ""
        return Ruling(Verdict.NONCONFORMANT, f"{_failed(gated)}{accepted}.", Verdict.NONCONFORMANT.exit_status)
    for why in (_stopped(run), _errors(run), _untested(run), _too_little(run)):
        if why:
            return Ruling(Verdict.INCOMPLETE, why, Verdict.INCOMPLETE.exit_status)
    too_much = _too_much(run)
    status = Verdict.NONCONFORMANT.exit_status if too_much else Verdict.CONFORMANT.exit_status
    if failed:
        said = f"{_failed(failed)}; the baseline accepts {'it' if len(failed) == 1 else 'all of them'}."
        return Ruling(Verdict.NONCONFORMANT, said + too_much, status)
    return Ruling(Verdict.CONFORMANT, _conformant(run) + too_much, status)


def _too_much(run: Run) -> str:
    """What of the baseline stops the gate by itself, as a sentence of its own."""
    told = [("expired", run.baseline.expired), ("fails no more", run.baseline.fixed if run.strict else ())]
    parts = [
        f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'} of the baseline"
        f" ({_names([entry.requirement for entry in entries])}) {word if len(entries) == 1 else plural}"
        for (word, entries), plural in zip(told, ("expired", "fail no more"), strict=True)
        if entries
    ]
    return f" The gate stays shut: {' and '.join(parts)}." if parts else ""


def _failed(gated: list[RequirementResult]) -> str:
    by_level = [f"{number} {level}" for level in ("MUST", "SHOULD") if (number := sum(i.level == level for i in gated))]
    return f"{' and '.join(by_level)} {_noun(len(gated), 'requirement')} failed: {_names([i.id for i in gated])}"


def _stopped(run: Run) -> str:
    if not run.ended:
        return "The run was cut off before its footer" + (f", {run.stopped}." if run.stopped else ".")
    return f"The run stopped before its end: {run.stopped}." if run.stopped else ""


def _errors(run: Run) -> str:
    erred = [item for item in run.requirements if item.verdict is Outcome.ERROR]
    if erred:
        named = _names([item.id for item in erred])
        return f"The suite itself failed on {len(erred)} {_noun(len(erred), 'requirement')}: {named}."
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
    remedies = [f"not given: {', '.join(missing)}"] if missing else []
    remedies += ["give it more with --budget"] if run.left_out else []
    remedy = f" ({'; '.join(remedies)})" if remedies else ""
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


def _names(ids: list[str]) -> str:
    more = len(ids) - _TOLD
    return ", ".join(ids[:_TOLD]) + (f" and {more} more" if more > 0 else "")


def _noun(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"
