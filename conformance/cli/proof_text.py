"""A proof as lines of text: each row as it ends, the matrix at the end, the requirements without a defect.

The one rule: a line stays one that can be read. What is wrong is counted, its first few are named, and proof.json
names all of it.
"""

from __future__ import annotations

from collections.abc import Collection

from conformance.cli.power import MOMENTS, Power
from conformance.cli.proof import Proof, Uncovered
from conformance.cli.proof_row import Row
from conformance.report.text import plural

_NAMED = 4


def told(row: Row) -> str:
    """One row in one line: its verdict, and what is wrong with it."""
    parts = [f"{row.seconds:5.1f} s  {verdict(row):8} {row.name}", *_wrong(row)]
    return "; ".join([*parts, row.problem] if row.problem else parts)


def verdict(row: Row) -> str:
    """What a row comes to, in a word or two."""
    return "not done" if row.problem else "exact" if row.exact else "inexact"


def wrong(row: Row) -> tuple[tuple[str, frozenset[str]], ...]:
    """The ways in which a row is inexact, with the requirements that are; nothing of a run that was not done."""
    if row.problem:
        return ()
    return (
        ("missed", row.missed - row.unclear),
        ("missed for want of a verdict", row.missed & row.unclear),
        ("noise", row.noise),
        ("not judged", row.confused - row.missed),
    )


def _wrong(row: Row) -> list[str]:
    return [f"{word}: {_few(ids)}" for word, ids in wrong(row) if ids]


def _few(ids: Collection[str]) -> str:
    first = sorted(ids)[:_NAMED]
    more = len(ids) - len(first)
    return ", ".join(first) + (f" and {more} more ({len(ids)} in all)" if more else "")


def matrix(proof: Proof) -> list[str]:
    """The matrix as lines of text, then what is wrong with which row, where the end of a log still shows it."""
    width = max((len(row.name) for row in proof.rows), default=0)
    lines = [f"{'defect':{width}}  expected  seen  missed  noise  seconds"]
    for row in proof.rows:
        noise = "?" if row.fast else str(len(row.noise))
        counts = f"{len(row.expected):8}  {len(row.seen):4}  {len(row.missed):6}  {noise:>5}  {row.seconds:7.1f}"
        lines.append(f"{row.name:{width}}  {counts}" + ("" if row.exact else f"  {verdict(row)}"))
    inexact = [told(row) for row in proof.rows if not row.exact]
    return [*lines, "", *inexact, *summary(proof)]


def summary(proof: Proof) -> list[str]:
    """What a proof comes to, in sentences."""
    exact = sum(row.exact for row in proof.defects)
    broken = plural(proof.requirements, "requirement")
    lines = [f"{exact} of {len(proof.defects)} defects are seen exactly; they break {broken}."]
    if proof.control is not None and not proof.control.exact:
        lines.append("Without any defect the suite does not come out clean.")
    if len(proof.rows) < proof.planned:
        lines.append(f"Interrupted: {proof.planned - len(proof.rows)} of {proof.planned} rows were not made.")
    if proof.fast:
        lines.append("Only the tests that bear on a defect ran: noise is not known.")
    lines += shares(proof.power) if proof.power else []
    left = sum(one.open for one in proof.uncovered)
    lines.append(
        f"No defect breaks {plural(left, 'requirement')} that a server can break; prove --coverage has the list."
        if left
        else "Every requirement that a server can break has a defect."
    )
    return lines


def shares(power: Power) -> list[str]:
    """How many of the defects are caught by when, in the order of `--budget` and in the document's."""
    return [
        f"After {at:2} s of suite time {share(power, at)} of the defects are caught "
        f"({share(power, at, plain=True)} in the document's order)."
        for at in MOMENTS
    ]


def share(power: Power, seconds: float, *, plain: bool = False) -> str:
    """The share of defects that are caught by then; never rounded up to all of them."""
    caught = power.caught(seconds, plain=plain)
    return f"{1000 * caught // power.defects / 10:.1f} %"


def coverage_lines(uncovered: tuple[Uncovered, ...]) -> list[str]:
    """The table of requirements without a defect."""
    width = max((len(one.requirement.id) for one in uncovered), default=0)
    return [f"{one.requirement.id:{width}}  {one.requirement.level.value:6}  {one.reason}" for one in uncovered]
