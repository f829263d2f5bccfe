"""Where figures lie: those of this machine in `reports/bench/`, a file for each part, and the committed ones here.

The one rule: the tables in `README.md`, of what has a goal, and in `docs/cost.md`, of everything, are written from the
committed file alone, so that they cannot differ from it unseen (`test_bench_figures.py`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.machine import ROOT
from bench.parts import PARTS

OUT = ROOT / "reports" / "bench"
COMMITTED = Path(__file__).with_name("figures.json")
PAGES = {ROOT / "README.md": True, ROOT / "docs" / "cost.md": False}
"""The pages with a table -> whether it has only what has a goal."""
_BEGIN, _END = "<!-- bench -->", "<!-- /bench -->"
_TABLE = re.compile(f"{re.escape(_BEGIN)}\n(.*?){re.escape(_END)}", re.DOTALL)


def figures(measured: dict[str, Any]) -> list[Figure]:
    """The figures of one part."""
    return [Figure.from_json(value) for value in measured["figures"]]


def write(out: Path, name: str, measured: dict[str, Any]) -> Path:
    """Writes what came of a part."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.json"
    path.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return path


def measured(out: Path) -> dict[str, Any]:
    """Every part that was measured in whole there, by name; a short one is a try and no figure."""
    paths = {name: out / f"{name}.json" for name in PARTS}
    found = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.exists()}
    return {name: value for name, value in found.items() if not value["short"]}


def committed() -> dict[str, Any]:
    """The committed parts, by name; empty as long as there are none."""
    return dict(json.loads(COMMITTED.read_text(encoding="utf-8"))) if COMMITTED.exists() else {}


def keep(out: Path) -> list[str]:
    """Puts what was measured in place of what is committed, part by part, and writes the tables; which."""
    new = measured(out)
    parts = committed() | {name: {key: value[key] for key in ("machine", "figures")} for name, value in new.items()}
    COMMITTED.write_text(json.dumps(parts, indent=1) + "\n", encoding="utf-8")
    for page, goals in PAGES.items():
        page.write_text(with_table(page.read_text(encoding="utf-8"), table(parts, goals=goals)), encoding="utf-8")
    return list(new)


def table(parts: dict[str, Any], *, goals: bool = False) -> str:
    """What was measured, or only what has a goal, and the machine it was measured on."""
    if not parts:
        return "Nothing was measured in whole yet.\n"
    lines = ["| measured | median (lowest\N{EN DASH}highest) | goal |", "|---|---|---|"]
    for name in (name for name in PARTS if name in parts):
        for figure in figures(parts[name]):
            if goals and figure.goal is None:
                continue
            verdict = figure.verdict()
            lines.append(f"| {figure.says} | {figure.text()} | {figure.wanted()}{f': {verdict}' if verdict else ''} |")
    return "\n".join([*lines, "", *_machines(parts)]) + "\n"


def _machines(parts: dict[str, Any]) -> list[str]:
    """A line for each machine and commit that any of it was measured on."""
    told: dict[str, list[str]] = {}
    for name in (name for name in PARTS if name in parts):
        machine = parts[name]["machine"]
        where = f"{machine['cores']} cores ({machine['cpu']}), Python {machine['python']}, {machine['openssl']}"
        told.setdefault(f"{where}, at commit {machine['commit'].rstrip('+')}", []).append(name)
    if len(told) == 1:
        return [f"Measured on {where}." for where in told]
    return [f"{', '.join(names)}: measured on {where}." for where, names in told.items()]


def shown(page: str) -> str:
    """The table that stands on the page. Raises `ValueError` where it has no place for one."""
    found = _TABLE.search(page)
    if found is None:
        raise ValueError(f"the page has no place for the table: {_BEGIN} and {_END}")
    return found[1]


def with_table(page: str, table: str) -> str:
    """The page with this table in place of the one it has. Raises `ValueError` where it has none."""
    shown(page)
    return _TABLE.sub(lambda _: f"{_BEGIN}\n{table}{_END}", page)
