"""proof.html: a proof as a page of the report, with nothing that is not in proof.json, and what is wrong first."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.cli.power import MOMENTS
from conformance.cli.proof import Proof
from conformance.cli.proof_row import Row
from conformance.cli.proof_text import share, summary, verdict, wrong
from conformance.report.html.markup import Child, el
from conformance.report.html.page import document
from conformance.report.text import duration

_SIGNS = {"exact": ("✓", "pass"), "inexact": ("✗", "fail"), "not done": ("?", "inconclusive")}
_TOPS = {0: ("✓ Proven", "conformant"), 1: ("✗ Not proven", "nonconformant"), 3: ("? Incomplete", "incomplete")}
_SHOWN = 12


def page(proof: Proof) -> str:
    """The page, which loads nothing and runs nothing but what the report's pages do."""
    inexact = [row for row in proof.rows if not row.exact]
    exact = [row for row in proof.rows if row.exact]
    return document(
        "Proof",
        _top(proof),
        el(
            "main",
            _defects("Not exact", "What the suite missed, or saw besides, with each of these on.", inexact),
            _power(proof),
            _defects("Exact", "With each of these on, what it breaks failed, and nothing else.", exact),
            _table(
                "Requirements without a defect",
                "And why they have none.",
                ("Requirement", "Level", "Reason"),
                [
                    _cells(el("span", one.requirement.id, cls="id"), one.requirement.level.value, one.reason)
                    for one in proof.uncovered
                ],
            ),
        ),
        el("footer", "Made by drs-conformance prove; proof.json has every row, and every test's seconds."),
    )


def _top(proof: Proof) -> Child:
    title, look = _TOPS[proof.exit_status]
    facts = {
        "Defects": f"{len(proof.defects):,}",
        "Requirements they break": f"{proof.requirements:,}",
        "Tests": f"{len(proof.control.tests):,}" if proof.control else "",
        "Requests": f"{sum(row.requests for row in proof.rows):,}",
        "Profile": proof.profile,
        "Noise": "not looked for" if proof.fast else "looked for",
        "Took": duration(proof.seconds),
        "All rows together": duration(sum(row.seconds for row in proof.rows)),
    }
    return el(
        "header",
        el(
            "div",
            el("p", "drs-conformance, held against servers that are wrong on purpose", cls="over"),
            el("h1", title),
            el("p", summary(proof)[0], cls="why"),
            [el("p", line) for line in summary(proof)[1:] if not line.startswith("After")],
            el("dl", [el("div", el("dt", name), el("dd", value)) for name, value in facts.items()], cls="facts"),
        ),
        cls=f"top {look}",
    )


def _power(proof: Proof) -> Child:
    if proof.power is None:
        return None
    power = proof.power
    rows = [_cells(f"{at} s", share(power, at), share(power, at, plain=True)) for at in MOMENTS]
    return _table(
        "Power over time",
        "How many of the defects are caught after so much suite time, in the order that --budget runs the tests in, "
        "and in the document's.",
        ("Suite time", "In the order of --budget", "In the document's order"),
        rows,
    )


def _defects(title: str, lead: str, rows: list[Row]) -> Child:
    if not rows:
        return None
    return _table(f"{title}: {len(rows):,}", lead, ("Defect", "What came"), [_row(row) for row in rows])


def _row(row: Row) -> Child:
    sign, look = _SIGNS[verdict(row)]
    noise = "noise not looked for" if row.fast else f"noise {len(row.noise)}"
    counts = (
        f"expected {len(row.expected)}, seen {len(row.seen)}, missed {len(row.missed)}, {noise}, {row.seconds:.1f} s"
    )
    came: list[Child] = [el("span", f"{sign} {verdict(row)}", cls=f"v {look}"), f": {row.problem or counts}"]
    came += [el("p", f"{word}: ", _ids(ids), cls="caption") for word, ids in wrong(row) if ids]
    if row.exact and row.expected:
        came.append(el("p", _ids(row.expected), cls="caption"))
    name = el("th", el("strong", row.name), el("p", row.sentence, cls="caption"), scope="row")
    return el("tr", name, el("td", came))


def _ids(ids: Iterable[str]) -> list[Child]:
    every = sorted(ids)
    shown: list[Child] = []
    for id_ in every[:_SHOWN]:
        shown += [el("span", id_, cls="id"), " "]
    more = len(every) - _SHOWN
    return [*shown, f"and {more} more, which proof.json names"] if more > 0 else shown


def _cells(*cells: Child) -> Child:
    return el("tr", el("th", cells[0], scope="row"), [el("td", cell) for cell in cells[1:]])


def _table(title: str, lead: str, heads: Iterable[str], rows: list[Child]) -> Child:
    head = el("thead", el("tr", [el("th", word, scope="col") for word in heads]))
    table = el("table", head, el("tbody", rows), cls="stack")
    return el("section", el("h2", title), el("p", lead, cls="lead"), el("div", table, cls="scroll", tabindex=0))
