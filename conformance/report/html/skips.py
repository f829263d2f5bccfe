"""What was not tested, and what to pass to test it; and the devices the run made."""

from __future__ import annotations

from collections import Counter

from conformance.report.html.markup import Markup, el
from conformance.report.html.words import link
from conformance.report.text import moment, plural
from conformance.results import Outcome, RequirementResult, Results
from conformance.spec import NEEDS


def skips(results: Results) -> Markup | None:
    """The skipped and the inconclusive, by reason, the most common first."""
    untested = [item for item in results.requirements if item.verdict in (Outcome.SKIP, Outcome.INCONCLUSIVE)]
    if not untested:
        return None
    groups: dict[tuple[str, str], list[RequirementResult]] = {}
    for item in untested:
        groups.setdefault((item.verdict.value, item.reason), []).append(item)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return el(
        "section",
        el("h2", "Not tested, and why"),
        _remedies(untested),
        el("div", [_group(kind, reason, members) for (kind, reason), members in ordered], cls="cards"),
        id="skips",
    )


def _remedies(untested: list[RequirementResult]) -> Markup | None:
    needed = Counter(need for item in untested for need in item.missing)
    if not needed:
        return None
    told = [f"{NEEDS.get(need, need)} ({plural(number, 'requirement')})" for need, number in needed.most_common()]
    return el(
        "div", el("p", "To test more:", cls="lead"), el("ul", [el("li", remedy) for remedy in told], cls="pass-on")
    )


def _group(kind: str, reason: str, members: list[RequirementResult]) -> Markup:
    listed = el("ul", [el("li", link(item.id), f" {item.title}") for item in members])
    title = f"{kind}: {reason}" if kind == Outcome.INCONCLUSIVE.value else reason or "no reason was given"
    return el(
        "details",
        el("summary", f"{title} ", el("span", plural(len(members), "requirement"), cls="caption")),
        listed,
        cls="card",
    )


def devices(results: Results) -> Markup | None:
    """Every device the run created, and whether it is gone."""
    if not results.devices:
        return None
    rows = [
        el(
            "tr",
            el("td", device.id, cls="id"),
            el("td", device.thumbprint, cls="id"),
            el("td", moment(device.created)),
            el("td", "removed" if device.removed else "still there"),
        )
        for device in results.devices
    ]
    heads = el("tr", [el("th", head, scope="col") for head in ("Device", "Certificate thumbprint", "Created", "Now")])
    left = sum(not device.removed for device in results.devices)
    return el(
        "section",
        el("h2", "Devices"),
        el(
            "details",
            el("summary", f"{plural(len(results.devices), 'device')} created, {left} still there"),
            el("div", el("table", el("thead", heads), el("tbody", rows)), cls="scroll", tabindex=0),
            cls="more",
        ),
        id="devices",
    )
