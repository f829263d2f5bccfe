"""The catalogue as one value: read from its files, held against itself, kept for as long as the process lives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from conformance import paths
from conformance.errors import CatalogueError
from conformance.spec import consistency, loading, selection
from conformance.spec.model import Ambiguity, Requirement, Section

if TYPE_CHECKING:
    from pathlib import Path

AMBIGUITIES = "ambiguities.toml"
IDS = "ids.txt"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that the suite knows of the document, in the document's order: requirements and ambiguities by id."""

    sections: tuple[Section, ...]
    requirements: Mapping[str, Requirement]
    ambiguities: Mapping[str, Ambiguity]

    @classmethod
    def load(cls, folder: Path = paths.CATALOGUE, ids: Path | None = None) -> Catalogue:
        """The catalogue in a folder, with the list of all ids ever beside it. Raises CatalogueError."""
        files = sorted(path for path in folder.glob("*.toml") if path.name != AMBIGUITIES)
        if not files:
            raise CatalogueError(f"the catalogue has no files in {folder}")
        read = {path.name: loading.read_section(path) for path in files}
        ordered = sorted(read.items(), key=lambda item: _place(item[1][0]))
        entries = [(name, entry) for name, (_, found) in ordered for entry in found]
        ambiguities = loading.read_ambiguities(folder / AMBIGUITIES)
        sections = {name: section for name, (section, _) in ordered}
        consistency.check(sections, entries, ambiguities, _text(ids or folder.parent / IDS))
        return cls(
            tuple(sections.values()),
            MappingProxyType({entry.id: entry for _, entry in entries}),
            MappingProxyType({ambiguity.id: ambiguity for ambiguity in ambiguities}),
        )

    def select(self, words: Iterable[str]) -> tuple[Requirement, ...]:
        """The requirements that any of these words names: an id, the beginning of ids, a section's number or slug.

        All of them for no word. Raises UsageError, with what is near, for a word that names nothing.
        """
        return selection.select(words, self.requirements.values(), self.sections)

    def section(self, requirement: Requirement) -> Section:
        """The section a requirement stands in."""
        return next(section for section in self.sections if section.number == requirement.section)


def _place(section: Section) -> tuple[bool, tuple[int, ...], str]:
    """Sections by number, and behind them those that the document does not have."""
    numbered = section.number[0].isdigit()
    return not numbered, tuple(int(part) for part in section.number.split(".")) if numbered else (), section.number


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{path.name} cannot be read: {error}") from None


@cache
def catalogue() -> Catalogue:
    """The catalogue of this version. Raises CatalogueError where it contradicts itself."""
    return Catalogue.load()
