"""The catalogue for programs (JSON) and for pages (Markdown)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from conformance.cli.listing import heading, tally

if TYPE_CHECKING:
    from conformance.cli.listing import Listing
    from conformance.server.defects import Defect
    from conformance.spec import Ambiguity, Requirement

_MARKUP = str.maketrans({character: f"\\{character}" for character in "\\|*_`<>[]"})


def as_json(listing: Listing) -> str:
    """One JSON object: sections, requirements, ambiguities, defects, each a list in the order of the document."""
    document = {
        "sections": [
            {"number": section.number, "title": section.title, "slug": section.slug} for section in listing.sections
        ],
        "requirements": [_requirement(entry) for entry in listing.requirements],
        "ambiguities": [_ambiguity(ambiguity) for ambiguity in listing.ambiguities],
        "defects": [_defect(defect) for defect in listing.defects],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _requirement(entry: Requirement) -> dict[str, Any]:
    return {
        "id": entry.id,
        "section": entry.section,
        "level": str(entry.level),
        "source": str(entry.source),
        "party": str(entry.party),
        "title": entry.title,
        "quote": entry.quote,
        "reference": entry.reference,
        "expects": entry.expects,
        "needs": sorted(entry.needs),
        "untestable": entry.untestable,
    }


def _ambiguity(ambiguity: Ambiguity) -> dict[str, Any]:
    return {
        "id": ambiguity.id,
        "section": ambiguity.section,
        "title": ambiguity.title,
        "text": ambiguity.text,
        "settled": ambiguity.settled,
        "readings": [
            {"id": reading.id, "title": reading.title, "conforms": reading.conforms} for reading in ambiguity.readings
        ],
        "requirements": list(ambiguity.requirements),
    }


def _defect(defect: Defect) -> dict[str, Any]:
    return {"name": defect.name, "sentence": defect.sentence, "breaks": sorted(defect.breaks)}


def as_markdown(listing: Listing) -> str:
    """A page: a table for each section, then the ambiguities, then the defects."""
    return "\n".join([*_sections(listing), *_ambiguities(listing), *_defects(listing)])


def _sections(listing: Listing) -> Iterator[str]:
    yield "# Catalogue of MS-DRS requirements"
    for section in listing.sections:
        entries = listing.within(section)
        yield f"\n## {_plain(heading(section))}\n\n{tally(entries)}.\n"
        yield from _table(
            ("requirement", "level", "source", "what is held", "rests on", "needs"),
            (
                (
                    f"`{entry.id}`",
                    str(entry.level) + (" (client)" if entry.party == "client" else ""),
                    str(entry.source),
                    f"**{_plain(entry.title)}.** {_plain(entry.expects)}"
                    + (f" Not tested: {_plain(entry.untestable)}" if entry.untestable else ""),
                    _plain(f"“{entry.quote}”" if entry.quote else entry.reference),
                    ", ".join(sorted(entry.needs)),
                )
                for entry in entries
            ),
        )


def _ambiguities(listing: Listing) -> Iterator[str]:
    if listing.ambiguities:
        yield "\n## Ambiguities"
    for ambiguity in listing.ambiguities:
        yield f"\n### {ambiguity.id} {_plain(ambiguity.title)} ({ambiguity.section})\n"
        yield f"{_plain(ambiguity.text)} {_plain(ambiguity.settled)}\n"
        yield from _table(
            ("reading", "what the target does", "conforms"),
            (
                (f"`{reading.id}`", _plain(reading.title), "yes" if reading.conforms else "no")
                for reading in ambiguity.readings
            ),
        )
        yield "\nBears on " + ", ".join(f"`{id_}`" for id_ in ambiguity.requirements) + "."


def _defects(listing: Listing) -> Iterator[str]:
    if listing.defects:
        yield "\n## Defects of the reference server\n"
        yield from _table(
            ("defect", "what it does", "breaks"),
            (
                (f"`{defect.name}`", _plain(defect.sentence), ", ".join(f"`{id_}`" for id_ in sorted(defect.breaks)))
                for defect in listing.defects
            ),
        )


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _plain(text: str) -> str:
    """A text that Markdown shows as it is written."""
    return text.translate(_MARKUP)
