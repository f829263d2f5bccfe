"""From cells to what the comparison says: a table by class, what one tool finds alone, what was not run.

The one rule: nothing is summed over classes, and a subset says that it is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.peer.cells import HERE, RUNGS, SUITE, TOOLS
from bench.peer.classes import CLASSES, PER_CLASS
from bench.peer.judging import Alarm, Cell, false_alarms, points

BUDGETS: Final = (20, 60, 300)
SEEDS: Final = 5
"""What the comparison is meant to be, with six defects of each class and every tool."""
_KINDS: Final = {".json": "document", ".toml": "configuration", ".py": "hooks"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of the table: how many defects of a class a tool found, seed by seed, of so many that it met."""

    budget: int
    kind: str
    tool: str
    total: int
    found: tuple[int, ...]

    def text(self) -> str:
        """`3/6`, `2-4/6` where seeds differ, and nothing where it was not run."""
        if not self.found:
            return ""
        low, high = min(self.found), max(self.found)
        return f"{low}/{self.total}" if low == high else f"{low}\N{EN DASH}{high}/{self.total}"


def entries(cells: Sequence[Cell], chosen: Mapping[str, Sequence[str]]) -> list[Entry]:
    """The table's fields; a seed counts only where it met every defect that the tool met at that budget."""
    controls = false_alarms(cells)
    found = []
    for budget in sorted({cell.budget for cell in cells}):
        for kind, names in chosen.items():
            for tool in TOOLS:
                mine = [one for one in cells if (one.budget, one.tool) == (budget, tool) and one.defect in names]
                if tool in controls and mine:
                    found.append(_entry(budget, kind, tool, mine, controls))
    return found


def _entry(budget: int, kind: str, tool: str, cells: list[Cell], controls: Mapping[str, frozenset[Alarm]]) -> Entry:
    met = {cell.defect for cell in cells}
    by_seed: dict[int, list[Cell]] = {}
    for cell in cells:
        by_seed.setdefault(cell.seed, []).append(cell)
    whole = [mine for _, mine in sorted(by_seed.items()) if {cell.defect for cell in mine} == met]
    return Entry(
        budget, kind, tool, len(met), tuple(sum(bool(points(one, controls)) for one in mine) for mine in whole)
    )


def only(cells: Sequence[Cell], *, suite: bool) -> dict[str, list[str]]:
    """Defect -> the alarms (as text) by which one side found it, at a budget at which the other met it too, in vain.

    The sides are the suite and Schemathesis on any rung.
    """
    controls = false_alarms(cells)
    judged = [cell for cell in cells if cell.defect and cell.tool in controls]
    found: dict[str, list[str]] = {}
    for budget, defect in sorted({(cell.budget, str(cell.defect)) for cell in judged}):
        here = [cell for cell in judged if (cell.budget, cell.defect) == (budget, defect)]
        mine = [cell for cell in here if (cell.tool == SUITE) == suite]
        others = [cell for cell in here if (cell.tool == SUITE) != suite]
        alarms = {(cell.tool, *alarm) for cell in mine for alarm in points(cell, controls)}
        if others and alarms and not any(points(cell, controls) for cell in others):
            found.setdefault(defect, []).extend(
                f"{budget} s: {' '.join(filter(None, alarm))}" for alarm in sorted(alarms)
            )
    return found


def lines() -> dict[str, dict[str, int]]:
    """Tool -> how many lines of document, configuration and hooks it was given, without blank ones."""
    needs = {tool: dict.fromkeys(_KINDS.values(), 0) for tool in TOOLS}
    for tool, rung in RUNGS.items():
        for name in rung.files:
            text = (HERE / name).read_text(encoding="utf-8")
            needs[tool][_KINDS[Path(name).suffix]] += sum(bool(line.strip()) for line in text.splitlines())
    return needs


def not_run(cells: Iterable[Cell]) -> str:
    """What of the whole comparison these cells are, in a sentence; empty where it is all there."""
    cells = [cell for cell in cells if cell.defect]
    whole = len(TOOLS) * len(BUDGETS) * SEEDS * PER_CLASS * len(CLASSES)
    if len(cells) >= whole:
        return ""
    budgets = ", ".join(str(budget) for budget in sorted({cell.budget for cell in cells}))
    seeds = ", ".join(str(seed) for seed in sorted({cell.seed for cell in cells}))
    tools = ", ".join(tool for tool in TOOLS if any(cell.tool == tool for cell in cells))
    defects = f"{len({cell.defect for cell in cells})} of {PER_CLASS * len(CLASSES)} defects"
    said = f"{defects}; budgets of {budgets or 'no'} s; seeds {seeds or 'none'}; {tools or 'no tool'}"
    return f"A subset, {len(cells)} of {whole} runs: {said}. The rest was not run."


def told(cells: Sequence[Cell], chosen: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """All of it, as JSON."""
    return {
        "subset": not_run(cells),
        "table": [
            {"budget": one.budget, "class": one.kind, "tool": one.tool, "total": one.total, "found": list(one.found)}
            for one in entries(cells, chosen)
        ],
        "false_alarms": {tool: sorted(alarms) for tool, alarms in false_alarms(cells).items()},
        "only_schemathesis": only(cells, suite=False),
        "only_suite": sorted(only(cells, suite=True)),
        "lines": lines(),
        "share": {tool: _shares(cells, tool) for tool in TOOLS},
        "troubles": sorted({f"{cell.tool} {cell.defect}: {one}" for cell in cells for one in cell.seen.troubles}),
        "cells": [cell.to_json() for cell in cells],
    }


def _shares(cells: Iterable[Cell], tool: str) -> list[float]:
    """The least and the median share of a core that a tool's runs had; nothing where there were none."""
    shares = [cell.share for cell in cells if cell.tool == tool]
    return [min(shares), round(median(shares), 2)] if shares else []


def markdown(cells: Sequence[Cell], chosen: Mapping[str, Sequence[str]]) -> str:
    """The tables for people, a budget each."""
    made = entries(cells, chosen)
    parts = []
    for budget in sorted({one.budget for one in made}):
        here = {(one.kind, one.tool): one.text() for one in made if one.budget == budget}
        seeds = max(len(one.found) for one in made if one.budget == budget)
        rows = [[kind, *(here.get((kind, tool), "") for tool in TOOLS)] for kind in chosen]
        head = [f"{budget} s, {seeds} {'seed' if seeds == 1 else 'seeds'}", *TOOLS]
        parts.append("\n".join(["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]]))
    return "\n\n".join(parts)
