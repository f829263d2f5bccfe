"""What the target does where the document leaves it open: ambiguities with their readings, and habits of the field."""

from __future__ import annotations

from conformance.report.html.markup import Markup, el, fragment
from conformance.results import Observation, Results
from conformance.spec import Ambiguity, Catalogue, Requirement


def observations(results: Results, catalogue: Catalogue) -> Markup:
    """Every ambiguity of the catalogue, seen or not, then what was seen of the field's habits."""
    seen: dict[str, list[Observation]] = {}
    for item in results.observations:
        seen.setdefault(item.ambiguity, []).append(item)
    known = catalogue.ambiguities
    cards = [_ambiguity(entry, seen.get(id_, [])) for id_, entry in known.items()]
    habits = [_habit(id_, catalogue.requirements.get(id_), found) for id_, found in seen.items() if id_ not in known]
    return el(
        "section",
        el("h2", "Observations"),
        el(
            "p",
            "Where the document contradicts itself or says too little: its readings, and the one the target takes. ",
            "None of this counts for or against it.",
            cls="lead",
        ),
        el("div", cards, cls="cards"),
        fragment(el("h3", "Options, and habits of the field"), el("div", habits, cls="cards")) if habits else None,
        id="observations",
    )


def _ambiguity(entry: Ambiguity, found: list[Observation]) -> Markup:
    told = {reading.id: reading for reading in entry.readings}
    readings = [
        _reading(
            reading.title,
            [item for item in found if item.reading == reading.id],
            "" if reading.conforms else "not a reading the document allows",
        )
        for reading in entry.readings
    ]
    others = [_reading(item.reading, [item]) for item in found if item.reading not in told]
    return el(
        "article",
        el("h4", el("span", entry.id, cls="id"), " ", entry.title),
        el("p", entry.text, cls="caption"),
        el("ul", readings, others, cls="readings"),
        None if found else el("p", "Not seen in this run.", cls="none"),
        cls="card",
        id=entry.id,
    )


def _habit(id_: str, entry: Requirement | None, found: list[Observation]) -> Markup:
    return el(
        "article",
        el("h4", entry.title if entry else id_),
        el("p", el("span", id_, cls="id"), cls="caption"),
        el("ul", [_reading(item.reading, [item]) for item in found], cls="readings"),
        cls="card",
        id=id_,
    )


def _reading(title: str, found: list[Observation], aside: str = "") -> Markup:
    evidence = [el("span", item.evidence, cls="evidence") for item in found if item.evidence]
    note = el("span", f" ({aside})", cls="caption") if aside else None
    return el(
        "li",
        "● " if found else "○ ",
        title,
        note,
        el("span", " seen", cls="caption") if found else None,
        evidence,
        cls="seen" if found else None,
    )
