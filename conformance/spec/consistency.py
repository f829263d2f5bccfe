"""What the entries of the catalogue owe each other; the catalogue refuses itself where one is missing.

Rule 1: an id stands once, and in `ids.txt`, which is only added to: an id that is dropped is marked there, not deleted.
Rule 2: a requirement says where it comes from: the document by its words, each words once; another text by its name.
Rule 3: what only the field does binds nobody.
Rule 4: an ambiguity has readings that differ, one of which conforms, and bears on requirements that are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from conformance.errors import CatalogueError
from conformance.spec.model import Ambiguity, Level, Requirement, Section, Source

Entries = Iterable[tuple[str, Requirement]]
"""Requirements, each with the name of the file it stands in."""

_ID: Final = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")
_RETIRED: Final = " retired"


def check(sections: Mapping[str, Section], entries: Entries, ambiguities: Iterable[Ambiguity], ids: str) -> None:
    """Raises CatalogueError for the first thing that is not as it must be; `sections` is by file name."""
    entries, ambiguities = list(entries), list(ambiguities)
    _once("the section", ((section.number, name) for name, section in sections.items()))
    _once("the slug", ((section.slug, name) for name, section in sections.items()))
    _once("the id", ((entry.id, name) for name, entry in entries))
    _once("the quote", ((fold(entry.quote), f"{name}: {entry.id}") for name, entry in entries if entry.quote))
    for name, entry in entries:
        _sourced(name, entry)
    _registered([entry.id for _, entry in entries], ids)
    _settled(ambiguities, {entry.id for _, entry in entries})


def fold(text: str) -> str:
    """A text with every run of white space as one space."""
    return " ".join(text.split())


def _once(what: str, found: Iterable[tuple[str, str]]) -> None:
    first: dict[str, str] = {}
    for value, where in found:
        if value in first:
            raise CatalogueError(f"{where} has {what} {value!r}, which {first[value]} has already")
        first[value] = where


def _sourced(name: str, entry: Requirement) -> None:
    where = f"{name}: requirement {entry.id}"
    if entry.source is Source.DOCUMENT and not entry.quote:
        raise CatalogueError(f"{where} rests on the document and has no quote")
    if entry.source in {Source.REFERENCED, Source.SECURITY} and not entry.reference:
        raise CatalogueError(f"{where} rests on another text ({entry.source}) and has no reference")
    if entry.source is Source.FIELD and entry.level is not Level.MAY:
        raise CatalogueError(f"{where} is what the field does and is {entry.level}; it must be MAY")


def _registered(ids: list[str], text: str) -> None:
    """Holds the ids in use against the list of all ids ever."""
    known: dict[str, bool] = {}
    for line in text.splitlines():
        id_ = line.removesuffix(_RETIRED)
        if not _ID.fullmatch(id_) or id_ in known:
            raise CatalogueError(f"ids.txt has the line {line!r}, which is no id, or one that is there already")
        known[id_] = line.endswith(_RETIRED)
    for id_ in ids:
        if id_ not in known:
            raise CatalogueError(f"{id_} is not in ids.txt; add it there")
        if known[id_]:
            raise CatalogueError(f"{id_} is retired in ids.txt; an id is not used again")
    if gone := sorted({id_ for id_, retired in known.items() if not retired} - set(ids)):
        raise CatalogueError(f"{gone[0]} is in ids.txt and not in the catalogue; write '{gone[0]}{_RETIRED}' there")


def _settled(ambiguities: list[Ambiguity], ids: set[str]) -> None:
    _once("the id", ((ambiguity.id, f"ambiguity {ambiguity.title!r}") for ambiguity in ambiguities))
    for ambiguity in ambiguities:
        where = f"ambiguities.toml: ambiguity {ambiguity.id}"
        _once("the reading", ((reading.id, f"{where}, {reading.title!r},") for reading in ambiguity.readings))
        if len(ambiguity.readings) < 2 or not any(reading.conforms for reading in ambiguity.readings):  # noqa: PLR2004 - two
            raise CatalogueError(f"{where} needs two readings or more, and one that conforms")
        if dangling := [id_ for id_ in ambiguity.requirements if id_ not in ids]:
            raise CatalogueError(f"{where} bears on {dangling[0]!r}, which is no requirement")
