"""The matrix of a proof: as lines, as JSON, as a page; and which requirements no defect breaks, with the reason.

The one rule: what is exact is decided by a row for itself (`proving`), and only told here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conformance.cli.proving import CONTROL, Row
from conformance.report.html.markup import Child, Markup, el
from conformance.report.html.page import document
from conformance.server.defects import Defect
from conformance.spec import Level, Party, Requirement, Source, catalogue

FORMAT = "drs-conformance proof 1"
OPEN = "no defect yet"


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A requirement that no defect breaks, and why; `open` when a defect could and is not written yet."""

    requirement: Requirement
    reason: str

    @property
    def open(self) -> bool:
        """Whether it is only not done yet."""
        return self.reason == OPEN


@dataclass(frozen=True, slots=True)
class Proof:
    """All rows of a proof, the control's first, and what of the catalogue no defect covers."""

    rows: tuple[Row, ...]
    profile: str
    fast: bool
    uncovered: tuple[Uncovered, ...]

    @property
    def exit_status(self) -> int:
        """3 when something could not be done, 1 when not every row is exact, else 0."""
        if any(row.problem for row in self.rows):
            return 3
        return 0 if all(row.exact for row in self.rows) else 1

    def to_json(self) -> dict[str, Any]:
        """`proof.json`."""
        return {
            "format": FORMAT,
            "profile": self.profile,
            "fast": self.fast,
            "exact": self.exit_status == 0,
            "rows": [row.to_json() for row in self.rows],
            "uncovered": [
                {"id": one.requirement.id, "level": one.requirement.level.value, "open": one.open, "reason": one.reason}
                for one in self.uncovered
            ],
        }


def coverage(defects: Iterable[Defect]) -> tuple[Uncovered, ...]:
    """The requirements that no defect breaks, in the order of the catalogue; each with its reason."""
    broken = {id_ for one in defects for id_ in one.breaks}
    return tuple(
        Uncovered(entry, _reason(entry)) for entry in catalogue().requirements.values() if entry.id not in broken
    )


def _reason(entry: Requirement) -> str:
    if entry.untestable:
        return entry.untestable
    if entry.party is Party.CLIENT:
        return "a duty of the client"
    if entry.source is Source.FIELD or entry.level is Level.MAY:
        return "may be done or left: an observation, which nothing can break"
    if "tls" in entry.needs:
        return "the proof's servers speak no TLS"
    return OPEN


def told(row: Row) -> str:
    """One row in one line: its verdict, and what is wrong with it."""
    parts = [f"{row.seconds:5.1f} s  {_verdict(row):8} {row.name}"]
    parts += [f"{word}: {', '.join(sorted(ids))}" for word, ids in _wrong(row) if ids]
    if row.problem:
        parts.append(row.problem)
    return "; ".join(parts)


def _wrong(row: Row) -> tuple[tuple[str, frozenset[str]], ...]:
    return ("missed", row.missed), ("noise", row.noise), ("not judged", row.confused)


def _verdict(row: Row) -> str:
    return "not done" if row.problem else "exact" if row.exact else "inexact"


def matrix(proof: Proof) -> list[str]:
    """The matrix as lines of text, its sums, and the requirements that could have a defect and have none."""
    width = max(len(row.name) for row in proof.rows)
    lines = [f"{'defect':{width}}  expected  seen  missed  noise  seconds"]
    for row in proof.rows:
        noise = "?" if row.fast else str(len(row.noise))
        counts = f"{len(row.expected):8}  {len(row.seen):4}  {len(row.missed):6}  {noise:>5}  {row.seconds:7.1f}"
        lines.append(f"{row.name:{width}}  {counts}" + ("" if row.exact else f"  {_verdict(row)}"))
        lines += [f"    {word}: {' '.join(sorted(ids))}" for word, ids in _wrong(row) if ids]
        lines += [f"    {row.problem}"] if row.problem else []
    exact = sum(row.exact for row in proof.rows if row.name != CONTROL)
    lines += ["", f"{exact} of {len(proof.rows) - 1} defects are seen exactly."]
    if proof.fast:
        lines.append("Only the tests that bear on a defect ran: noise is not known.")
    left = sum(one.open for one in proof.uncovered)
    lines.append(f"{left} requirements that a server can break have no defect; prove --coverage names them.")
    return lines


def coverage_lines(uncovered: tuple[Uncovered, ...]) -> list[str]:
    """The table of requirements without a defect."""
    width = max((len(one.requirement.id) for one in uncovered), default=0)
    return [f"{one.requirement.id:{width}}  {one.requirement.level.value:6}  {one.reason}" for one in uncovered]


def page(proof: Proof) -> str:
    """`proof.html`, which loads nothing and runs nothing but what the report's pages do."""
    exact = sum(row.exact for row in proof.rows if row.name != CONTROL)
    fast = " Only the tests that bear on a defect ran: noise is not known." if proof.fast else ""
    lead = f"{exact} of {len(proof.rows) - 1} defects are seen exactly. Profile {proof.profile}.{fast}"
    return document(
        "Proof",
        el("header", el("h1", "Proof"), el("p", lead)),
        el(
            "main",
            _table(
                "Defects",
                "A server with each defect, what had to fail and what did.",
                ("Defect", "Expected", "Missed", "Noise", "Not judged", "Seconds", ""),
                [_row(row) for row in proof.rows],
            ),
            _table(
                "Requirements without a defect",
                "And why they have none.",
                ("Requirement", "Level", "Reason"),
                [_cells(one.requirement.id, one.requirement.level.value, one.reason) for one in proof.uncovered],
            ),
        ),
    )


def _row(row: Row) -> Markup:
    noise: Child = "not looked for" if row.fast else _ids(row.noise)
    name: list[Child] = [row.name, el("p", row.sentence, cls="caption")]
    verdict = row.problem or _verdict(row)
    return _cells(name, _ids(row.expected), _ids(row.missed), noise, _ids(row.confused), f"{row.seconds:.1f}", verdict)


def _ids(ids: Iterable[str]) -> list[Markup]:
    return [el("div", id_) for id_ in sorted(ids)]


def _cells(*cells: Child) -> Markup:
    return el("tr", [el("td", cell) for cell in cells])


def _table(title: str, lead: str, heads: Iterable[str], rows: list[Markup]) -> Markup:
    head = el("thead", el("tr", [el("th", word, scope="col") for word in heads]))
    table = el("table", head, el("tbody", rows), cls="stack")
    return el("section", el("h2", title), el("p", lead, cls="lead"), el("div", table, cls="scroll", tabindex=0))
