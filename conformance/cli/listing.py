"""What `drs-conformance catalogue` lists: the requirements that were asked for, and what bears on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from conformance.errors import UsageError
from conformance.server.defects import Defect, defects
from conformance.spec import Ambiguity, Requirement, Section, catalogue


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for; empty means all. `sections` are words as `--select` takes them."""

    sections: Collection[str] = ()
    levels: Collection[str] = ()
    sources: Collection[str] = ()
    parties: Collection[str] = ()

    def admit(self, entry: Requirement) -> bool:
        """Whether an entry has what was asked for, its section apart."""
        wanted = ((self.levels, entry.level), (self.sources, entry.source), (self.parties, entry.party))
        return all(not values or value in values for values, value in wanted)

    def __str__(self) -> str:
        given = (
            ("section", self.sections),
            ("level", self.levels),
            ("source", self.sources),
            ("party", self.parties),
        )
        return " ".join(f"--{name} {value}" for name, values in given for value in values)


@dataclass(frozen=True, slots=True)
class Listing:
    """Requirements with their sections, and the ambiguities and defects that bear on any of them."""

    sections: tuple[Section, ...]
    requirements: tuple[Requirement, ...]
    ambiguities: tuple[Ambiguity, ...]
    defects: tuple[Defect, ...]

    @classmethod
    def of(cls, filters: Filters) -> Self:
        """What the filters leave of the catalogue. Raises UsageError when that is nothing."""
        book = catalogue()
        chosen = tuple(entry for entry in book.select(filters.sections) if filters.admit(entry))
        if not chosen:
            raise UsageError(f"no requirement has {filters} all at once; leave one of them out")
        ids = {entry.id for entry in chosen}
        numbers = {entry.section for entry in chosen}
        return cls(
            tuple(section for section in book.sections if section.number in numbers),
            chosen,
            tuple(ambiguity for ambiguity in book.ambiguities.values() if ids.intersection(ambiguity.requirements)),
            tuple(defect for defect in defects() if ids & defect.breaks),
        )

    def within(self, section: Section) -> tuple[Requirement, ...]:
        """The listed requirements of one section."""
        return tuple(entry for entry in self.requirements if entry.section == section.number)


def heading(section: Section) -> str:
    """A section's number and title; the title alone where the document has no such section."""
    return f"{section.number} {section.title}" if section.number[0].isdigit() else section.title


def tally(entries: Collection[Requirement]) -> str:
    """How many requirements, by level: `12 requirements: 10 MUST, 2 MAY`."""
    levels = Counter(str(entry.level) for entry in entries)
    counts = ", ".join(f"{levels[level]} {level}" for level in ("MUST", "SHOULD", "MAY") if levels[level])
    return f"{len(entries)} requirement{'s' if len(entries) != 1 else ''}: {counts}"
