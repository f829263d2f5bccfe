"""Several runs side by side: requirements by implementations, and what changed between two runs of one target.

The one rule: a cell says what its run says; what a run did not select stays empty, and is no difference from a skip.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from conformance.report.html.frame import page
from conformance.results import Outcome, RequirementResult, Results, Verdict
from conformance.spec import Catalogue, Requirement

_SETTLED = (Outcome.PASS, Outcome.FAIL)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what its column is called, the folder its own report lies in, relative to this page, and its fold."""

    name: str
    folder: str
    results: Results


@dataclass(frozen=True, slots=True)
class Line:
    """A requirement and what each run says of it, None where a run did not select it."""

    entry: Requirement
    cells: tuple[RequirementResult | None, ...]

    @property
    def kind(self) -> str:
        """`contrary`: passed here, failed there. `partly`: in some runs it came to no verdict. Or `alike`."""
        said = {cell.verdict if cell else Outcome.SKIP for cell in self.cells}
        if said >= set(_SETTLED):
            return "contrary"
        return "partly" if len(said) > 1 else "alike"


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the document with its lines."""

    number: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of some requirements from one run of a target to the next, in words, with their lines."""

    words: str
    kind: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """From one run of a target to the next: their places among the runs, from 0, and what changed, the worst first."""

    before: int
    after: int
    changes: tuple[Change, ...]


def render(runs: list[Run], catalogue: Catalogue) -> str:
    """The page that compares them."""
    lines = _lines(runs, catalogue)
    return page(
        "comparison.html",
        f"{len(runs)} runs",
        runs=runs,
        word=max((run.results.verdict for run in runs), key=list(Verdict).index).value,
        total=len(lines),
        contrary=[line for line in lines if line.kind == "contrary"],
        partly=sum(line.kind == "partly" for line in lines),
        steps=[_step(before, after, lines) for before, after in _successive(runs)],
        sections=_sections(lines, catalogue),
    )


def _lines(runs: list[Run], catalogue: Catalogue) -> list[Line]:
    by_run = [{item.id: item for item in run.results.requirements} for run in runs]
    selected = (entry for id_, entry in catalogue.requirements.items() if any(id_ in items for items in by_run))
    return [Line(entry, tuple(items.get(entry.id) for items in by_run)) for entry in selected]


def _sections(lines: Iterable[Line], catalogue: Catalogue) -> list[Section]:
    titles = {section.number: section.title for section in catalogue.sections}
    found = groupby(lines, key=lambda line: line.entry.section)
    return [Section(number, titles.get(number, ""), tuple(members)) for number, members in found]


def _successive(runs: list[Run]) -> list[tuple[int, int]]:
    """Each run with the next one of the same target, by the order in which they started; two runs in any case."""
    last: dict[tuple[str, str], int] = {}
    found = []
    for place in sorted(range(len(runs)), key=lambda place: runs[place].results.header.started):
        target = runs[place].results.header.target
        named = (target.get("url", ""), target.get("tenant", "")) if len(runs) > 2 else ("", "")  # noqa: PLR2004
        if named in last:
            found.append((last[named], place))
        last[named] = place
    return found


def _step(before: int, after: int, lines: Iterable[Line]) -> Step:
    kinds: dict[tuple[str, str], list[Line]] = {
        ("Fails now", "fail"): [],
        ("Passes now", "pass"): [],
        ("Came to a verdict before, and does not now", "inconclusive"): [],
        ("Comes to a verdict now", "skip"): [],
    }
    for line in lines:
        if change := _change(line.cells[before], line.cells[after]):
            kinds[change].append(line)
    return Step(before, after, tuple(Change(*kind, tuple(found)) for kind, found in kinds.items() if found))


def _change(before: RequirementResult | None, after: RequirementResult | None) -> tuple[str, str] | None:
    """The kind of change from one run to the next; None where there is none, or none that says anything."""
    was, now = (cell.verdict if cell else Outcome.SKIP for cell in (before, after))
    if was is now:
        return None
    if now is Outcome.FAIL:
        return "Fails now", "fail"
    if now is Outcome.PASS and was is Outcome.FAIL:
        return "Passes now", "pass"
    if now not in _SETTLED:
        return ("Came to a verdict before, and does not now", "inconclusive") if was in _SETTLED else None
    return "Comes to a verdict now", "skip"
