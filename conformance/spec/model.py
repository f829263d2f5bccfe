"""The records of the catalogue: what the rest of the project knows of the document."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a requirement binds (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Source(StrEnum):
    """What a requirement follows from."""

    DOCUMENT = "document"  # a sentence of MS-DRS
    REFERENCED = "referenced"  # a text that MS-DRS rests on
    SECURITY = "security"  # what any token-protected service owes
    FIELD = "field"  # what is done in the field: observed, never held against a target


class Party(StrEnum):
    """Whose duty a requirement is."""

    SERVER = "server"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the document: its number (`2.1.1.1.1`; a word where the document has none), title, and id prefix."""

    number: str
    title: str
    slug: str

    def within(self, number: str) -> bool:
        """Whether this is the section of that number or lies in it."""
        return self.number == number or self.number.startswith(f"{number}.")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One statement that a target keeps or breaks.

    `id` is `slug/words`; `quote` the words of the document it rests on, as corrected; `reference` the text it follows
    from where that is another; `expects` what the suite holds the target to; `needs` what a test of it takes (keys of
    NEEDS); `untestable` why no run can test it, empty where one can.
    """

    id: str
    title: str
    section: str
    level: Level
    source: Source
    party: Party
    expects: str
    quote: str = ""
    reference: str = ""
    needs: frozenset[str] = frozenset()
    untestable: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read an ambiguity; `conforms` tells whether the document allows it."""

    id: str
    title: str
    conforms: bool


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Where the document contradicts itself or says too little.

    `id` is `A1` and so on; `text` says what is open; `settled` what the suite does about it; `requirements` are the ids
    it bears on.
    """

    id: str
    title: str
    section: str
    text: str
    settled: str
    readings: tuple[Reading, ...]
    requirements: tuple[str, ...]
