"""`--dry-run`: what a run of these options would send, section by section, found out without asking the target.

The one rule: nothing is sent to the target, not even for discovery, so that services it does not offer are counted too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from conformance.plugin.options import Raw
from conformance.plugin.rehearsal import rehearse
from conformance.plugin.settings import MOST_DEVICES, Settings, given, read_target
from conformance.plugin.thrift import Cost, Plan, plan
from conformance.spec import NEEDS, OFFERED, catalogue

_HEADS = ("section", "tests", "cases", "requests", "devices")


def told(raw: Raw) -> str:
    """The text of a dry run. Raises `ConformanceError`."""
    settings = Settings.read(raw)
    named = read_target(raw, settings.timeout) if raw.text("target") is not None else None
    needs = given(*named) if named else frozenset(NEEDS)
    costs = rehearse(settings)
    can = testable(costs, needs)
    chosen = {test: cost for test, cost in costs.items() if can(test)}
    lines = []
    if settings.max_devices is not None:
        within = plan(costs, settings.max_devices, can)
        lines = [f"  {test}: {within.refuses(test)}" for test in sorted(within.left_out)]
        chosen = {test: cost for test, cost in chosen.items() if test in within.chosen}
    lacking = sorted({need for need, _ in _lacking(costs, needs, can)})
    parts = [
        _table(chosen, spared=settings.max_devices is not None),
        *(["", "left out:", *lines] if lines else []),
        *(["", "not tested:", *(f"  {NEEDS[need]}" for need in lacking)] if lacking else []),
        "",
        f"nothing was sent to {named[0].url if named else 'any target'}; so much the reference server was sent",
    ]
    return "\n".join(parts)


def planned(settings: Settings, needs: frozenset[str]) -> Plan | None:
    """What `--max-devices` leaves out where these needs are met; None where there is room for all. `TargetError`."""
    if settings.max_devices in {None, MOST_DEVICES}:
        return None
    said = f"planning within --max-devices {settings.max_devices}, by a rehearsal on the reference server"
    sys.stderr.write(f"drs-conformance: {said}\n")
    costs = rehearse(settings)
    return plan(costs, settings.max_devices or 0, testable(costs, needs))


def testable(costs: Mapping[str, Cost], needs: frozenset[str]) -> Callable[[str], bool]:
    """Whether a test has anything to say with these needs met, whatever the target offers."""
    entries = catalogue().requirements

    def can(test: str) -> bool:
        known = [entries[id_].needs - OFFERED for id_ in costs[test].requirements if id_ in entries]
        return not known or any(asked <= needs for asked in known)

    return can


def _lacking(costs: Mapping[str, Cost], needs: frozenset[str], can: Callable[[str], bool]) -> Iterable[tuple[str, str]]:
    entries = catalogue().requirements
    for test, cost in costs.items():
        if not can(test):
            known = (entries[id_] for id_ in cost.requirements if id_ in entries)
            yield from ((need, test) for entry in known for need in entry.needs - OFFERED - needs)


def _table(costs: Mapping[str, Cost], *, spared: bool) -> str:
    titles = {section.number: section.title for section in catalogue().sections}
    rows: dict[str, list[int]] = {}
    twins: set[str] = set()
    for cost in costs.values():
        row = rows.setdefault(cost.section, [0, 0, 0, 0])
        devices = cost.devices if spared else cost.every
        for place, number in enumerate((1, cost.cases, cost.requests, devices)):
            row[place] += number
        twins |= cost.twins
    order = [section.number for section in catalogue().sections]
    shown: list[list[Any]] = [
        [f"{number} {titles.get(number, '')}", *rows[number]] for number in sorted(rows, key=order.index)
    ]
    if spared and twins:
        shown.append(["baselines, before and after", 0, 0, 0, 2 * len(twins)])
    shown.append(["all", *(sum(numbers) for numbers in zip(*(row[1:] for row in shown), strict=True))])
    width = max(len(str(row[0])) for row in [_HEADS, *shown])
    return "\n".join(f"{row[0]!s:<{width}}" + "".join(f"{cell!s:>10}" for cell in row[1:]) for row in [_HEADS, *shown])
