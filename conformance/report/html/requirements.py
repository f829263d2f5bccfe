"""Every requirement with its words, its verdict and why; those that failed stand open, with their evidence."""

from __future__ import annotations

from conformance.report.html.evidence import failures
from conformance.report.html.markup import Markup, el, fragment
from conformance.report.html.words import WORDS, link, verdict
from conformance.report.text import plural
from conformance.results import Outcome, RequirementResult, Results, SectionTotals
from conformance.spec import NEEDS, Catalogue, Requirement

_SOURCES = {
    "document": "the document",
    "referenced": "a text the document rests on",
    "security": "what any service behind a token owes",
}


def failed(results: Results) -> Markup | None:
    """What failed, in short: the requirement and its problem, leading to the evidence."""
    if not results.failed:
        return None
    rows = [
        el("tr", el("td", link(item.id), " ", el("span", item.level, cls="caption")), el("td", item.reason))
        for item in results.failed
    ]
    head = el("thead", el("tr", el("th", "Requirement", scope="col"), el("th", "Problem", scope="col")))
    return el(
        "section",
        el("h2", "Failures"),
        el("p", "What the target got wrong. Each leads to what was sent and what came.", cls="lead"),
        el("div", el("table", head, el("tbody", rows), cls="stack"), cls="scroll", tabindex=0),
        id="failures",
    )


def requirements(results: Results, catalogue: Catalogue) -> Markup:
    """All requirements, section by section."""
    groups = [_group(section, results, catalogue) for section in results.sections]
    return el("section", el("h2", "Requirements"), _filter(), groups, id="requirements")


def _filter() -> Markup:
    """The controls of the script; hidden until it runs, since nothing works them without it."""
    boxes = [
        el("label", el("input", type="checkbox", value=kind.value, checked=True), verdict(kind.value, word))
        for kind, word in WORDS.items()
    ]
    words = el("input", type="search", placeholder="Filter by id, title or level", aria_label="Filter the requirements")
    return el("div", words, boxes, el("output", cls="caption"), cls="filter", hidden=True)


def _group(section: SectionTotals, results: Results, catalogue: Catalogue) -> Markup | None:
    members = [item for item in results.requirements if item.section == section.section]
    if not members:
        return None
    heading = el("h3", el("span", section.section, cls="n"), section.title, id=f"section-{section.section}")
    entries = [_entry(item, catalogue.requirements[item.id], results) for item in members]
    return el("div", heading, el("div", entries, cls="list"), cls="group")


def _entry(item: RequirementResult, entry: Requirement, results: Results) -> Markup:
    summary = el(
        "summary",
        verdict(item.verdict.value),
        el("span", item.title, cls="title"),
        el("span", item.id, cls="id"),
        el("span", item.level, cls="level"),
    )
    inside = el(
        "div",
        _words(entry),
        _rows(item, entry),
        failures(results.header, item.id, item.failures),
        cls="inside",
        id=item.id,
    )
    opened = item.verdict in (Outcome.FAIL, Outcome.ERROR)
    return el("details", summary, inside, cls=f"req {item.verdict.value}", open=opened, data_verdict=item.verdict.value)


def _words(entry: Requirement) -> Markup | None:
    if not entry.quote:
        return None
    cite = f"MS-DRS {entry.section}" + (f"; {entry.reference}" if entry.reference else "")
    return el("blockquote", entry.quote, el("cite", cite))


def _rows(item: RequirementResult, entry: Requirement) -> Markup:
    follows = _SOURCES.get(item.source, item.source) + (f": {entry.reference}" if entry.reference else "")
    work = f"{plural(item.tests, 'test')}, {plural(item.cases, 'case')}, {plural(item.requests, 'request')}"
    rows = {
        "Held to": entry.expects,
        "Follows from": follows,
        "Why": "" if item.failures else item.reason,
        "To test it": fragment([el("p", _remedy(need)) for need in item.missing]) if item.missing else "",
        "Tested by": work if item.tests else "",
    }
    return el("dl", [el("div", el("dt", name), el("dd", value)) for name, value in rows.items() if value], cls="rows")


def _remedy(need: str) -> str:
    remedy = NEEDS.get(need, need)
    return remedy[:1].upper() + remedy[1:] + "."
