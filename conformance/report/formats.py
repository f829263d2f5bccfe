"""The files of a report, a row for each: its name, and what writes it. One table, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.report import badge, github, json_, junit, sarif
from conformance.report.html import page
from conformance.results import Results
from conformance.spec import Catalogue


@dataclass(frozen=True, slots=True)
class Format:
    """One file: `render` makes its content out of results and catalogue."""

    name: str
    render: Callable[[Results, Catalogue], str | bytes]


PAGE = Format("index.html", page.render)
FORMATS = (
    Format("results.json", lambda results, _: json_.render(results)),
    Format("junit.xml", junit.render),
    Format("results.sarif", sarif.render),
    Format("summary.md", github.summary),
    Format("badge.svg", lambda results, _: badge.render(results)),
    PAGE,
)
