"""What was not tested: by what it would take, and by the reason of what nothing given would change."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.results import Outcome, RequirementResult, Results
from conformance.spec import NEEDS


@dataclass(frozen=True, slots=True)
class Reason:
    """Requirements that came to no verdict for one reason, a clause or a sentence; `kind` is a verdict's word."""

    kind: str
    words: str
    members: tuple[RequirementResult, ...]


@dataclass(frozen=True, slots=True)
class Untested:
    """The remedies, each with how many requirements want it, and every requirement by its reason."""

    remedies: tuple[tuple[str, int], ...]
    reasons: tuple[Reason, ...]
    count: int


def untested(results: Results) -> Untested:
    """The skipped and the inconclusive; the most common reason first, inconclusive before skipped."""
    items = [item for item in results.requirements if item.verdict in (Outcome.SKIP, Outcome.INCONCLUSIVE)]
    wanted = {need: sum(need in item.missing for item in items) for need in NEEDS}
    groups: dict[tuple[str, str], list[RequirementResult]] = {}
    for item in items:
        groups.setdefault((item.verdict.value, item.reason or "no reason was given"), []).append(item)
    ordered = sorted(groups.items(), key=lambda group: (group[0][0], -len(group[1])))
    return Untested(
        tuple((NEEDS[need], number) for need, number in wanted.items() if number),
        tuple(Reason(kind, words, tuple(members)) for (kind, words), members in ordered),
        len(items),
    )
