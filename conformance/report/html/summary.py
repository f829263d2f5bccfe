"""The top of a report: the verdict and why, the run's facts, and the table of sections."""

from __future__ import annotations

from conformance.report.html.markup import Markup, el
from conformance.report.html.words import SIGNS, WORDS, bar, counts
from conformance.report.text import duration, moment, plural
from conformance.results import Results, SectionTotals


def top(results: Results) -> Markup:
    """The head of the page."""
    word = results.verdict.value
    return el(
        "header",
        el(
            "div",
            el("p", "MS-DRS conformance of ", el("code", results.header.target.get("url", "")), cls="over"),
            el("h1", f"{SIGNS[word]} {word.capitalize()}"),
            el("p", results.why, cls="why"),
            bar(results.counts),
            counts(results.counts),
            _facts(results),
        ),
        cls=f"top {word}",
    )


def _facts(results: Results) -> Markup:
    header = results.header
    removed = sum(device.removed for device in results.devices)
    facts = {
        "Tenant": header.target.get("tenant", ""),
        "Domain": header.target.get("domain", ""),
        "Profile": header.profile,
        "Gate": {"must": "MUST", "should": "MUST and SHOULD"}.get(header.gate, header.gate),
        "Seed": str(header.seed),
        "Started": moment(header.started),
        "Took": duration(results.seconds),
        "Requests": f"{results.requests:,}",
        "Devices": f"{len(results.devices)} created, {removed} removed",
        "Selection": ", ".join(header.selection) or "everything",
        "Given": ", ".join(header.given) or "nothing",
    }
    versions = ", ".join(f"{name} {version}" for name, version in header.versions.items())
    return el(
        "dl",
        [el("div", el("dt", name), el("dd", value)) for name, value in facts.items() if value],
        el("div", el("dt", "Versions"), el("dd", versions), cls="wide") if versions else None,
        cls="facts",
    )


def sections(results: Results) -> Markup:
    """The table of sections, and how many cases went through which layer."""
    heads = [el("th", "Section", scope="col")]
    heads += [
        el("th", SIGNS[kind.value], el("span", f" {word}", cls="word"), scope="col", cls="num")
        for kind, word in WORDS.items()
    ]
    heads.append(el("th", "Requests", scope="col", cls="num"))
    total = [
        el("th", "All", scope="row"),
        *(_number(results.counts[kind]) for kind in WORDS),
        _number(results.requests),
    ]
    return el(
        "section",
        el("h2", "Sections"),
        el("p", f"{plural(sum(results.counts.values()), 'requirement')} by the section of the document.", cls="lead"),
        el(
            "div",
            el(
                "table",
                el("thead", el("tr", heads)),
                el("tbody", [_row(item) for item in results.sections]),
                el("tfoot", el("tr", total)),
            ),
            cls="scroll",
            tabindex=0,
        ),
        _layers(results),
        id="sections",
    )


def _row(item: SectionTotals) -> Markup:
    name = el("th", el("a", item.section, href=f"#section-{item.section}"), f" {item.title}", scope="row")
    return el("tr", name, [_number(item.counts[kind], kind.value) for kind in WORDS], _number(item.requests))


def _number(number: int, kind: str = "") -> Markup:
    shown = el("span", f"{number:,}", cls=f"v {kind}") if number and kind == "fail" else f"{number:,}"
    return el("td", shown, cls="num" if number else "num zero")


def _layers(results: Results) -> Markup | None:
    if not results.layers:
        return None
    rows = [el("tr", el("th", layer, scope="row"), _number(number)) for layer, number in results.layers.items()]
    table = el("table", el("tbody", rows))
    return el(
        "details",
        el("summary", f"{plural(sum(results.layers.values()), 'refusing case')} by what was changed"),
        el("div", table, cls="scroll"),
        cls="more",
    )
