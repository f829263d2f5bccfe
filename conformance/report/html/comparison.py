"""Several runs side by side: a row per requirement, a column per run, those that differ first in sight.

The one rule: a cell says what its run says; what a run did not select stays empty.
"""

from __future__ import annotations

from conformance.report.html.markup import Markup, el
from conformance.report.html.page import document
from conformance.report.html.words import SIGNS, counts, verdict
from conformance.report.text import duration, moment, plural
from conformance.results import RequirementResult, Results, Verdict
from conformance.spec import Catalogue

Runs = list[tuple[str, Results]]
"""Each run with the folder its own report lies in, relative to this one."""


def render(runs: Runs, catalogue: Catalogue) -> str:
    """The page that compares them."""
    rows = _rows(runs, catalogue)
    differing = [row for row in rows if _differs(row[1])]
    word = max((results.verdict for _, results in runs), key=list(Verdict).index).value
    return document(
        f"{len(runs)} runs",
        el(
            "header",
            el(
                "div",
                el("p", "MS-DRS conformance, side by side", cls="over"),
                el("h1", plural(len(runs), "run")),
                el("p", f"{plural(len(differing), 'requirement')} of {len(rows):,} came out differently.", cls="why"),
            ),
            cls=f"top {word}",
        ),
        el(
            "nav",
            el("ul", [el("li", el("a", name, href=f"#{name.lower()}")) for name in ("Runs", "Differences", "All")]),
        ),
        el(
            "main",
            _runs(runs),
            _table("differences", "What differs", differing, runs),
            _table("all", "All", rows, runs),
        ),
        el("footer", "Each run's own report lies in the folder its number names."),
    )


def _rows(runs: Runs, catalogue: Catalogue) -> list[tuple[str, list[RequirementResult | None]]]:
    by_run = [{item.id: item for item in results.requirements} for _, results in runs]
    every = [id_ for id_ in catalogue.requirements if any(id_ in items for items in by_run)]
    return [(id_, [items.get(id_) for items in by_run]) for id_ in every]


def _differs(cells: list[RequirementResult | None]) -> bool:
    return len({cell.verdict if cell else None for cell in cells}) > 1


def _runs(runs: Runs) -> Markup:
    cards = [_run(number, folder, results) for number, (folder, results) in enumerate(runs, start=1)]
    return el("section", el("h2", "Runs"), el("div", cards, cls="cards"), id="runs")


def _run(number: int, folder: str, results: Results) -> Markup:
    header = results.header
    started = f"{moment(header.started)}, {header.profile} profile, seed {header.seed}"
    work = f"{plural(results.requests, 'request')} in {duration(results.seconds)}"
    return el(
        "article",
        el("h4", el("a", f"Run {number}", href=f"{folder}/index.html"), " ", el("code", header.target.get("url", ""))),
        el("p", verdict(results.verdict.value), " ", results.why, cls=results.verdict.value),
        counts(results.counts),
        el("p", f"{started}; {work}", cls="caption"),
        cls="card",
    )


def _table(anchor: str, title: str, rows: list[tuple[str, list[RequirementResult | None]]], runs: Runs) -> Markup:
    heads = [el("th", "Requirement", scope="col"), el("th", "Level", scope="col")]
    heads += [el("th", f"Run {number}", scope="col") for number in range(1, len(runs) + 1)]
    body = [_row(id_, cells, runs) for id_, cells in rows]
    table = el("table", el("thead", el("tr", heads)), el("tbody", body))
    shown = el("div", table, cls="scroll", tabindex=0) if rows else el("p", "Nothing.", cls="none")
    return el("section", el("h2", title), shown, id=anchor)


def _row(id_: str, cells: list[RequirementResult | None], runs: Runs) -> Markup:
    first = next(cell for cell in cells if cell is not None)
    name = el("th", el("span", id_, cls="id"), el("p", first.title, cls="caption"), scope="row")
    return el(
        "tr",
        name,
        el("td", first.level),
        [_cell(id_, cell, folder) for cell, (folder, _) in zip(cells, runs, strict=True)],
    )


def _cell(id_: str, cell: RequirementResult | None, folder: str) -> Markup:
    if cell is None:
        return el("td", "not selected", cls="none")
    value = cell.verdict.value
    return el(
        "td",
        el(
            "a",
            f"{SIGNS[value]} {value}",
            href=f"{folder}/index.html#{id_}",
            cls=f"v {value}",
            title=cell.reason or None,
        ),
    )
