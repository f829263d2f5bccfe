"""From a file of the catalogue to records: every key known, every value of its kind, or a CatalogueError.

The one rule: a message is one sentence that names the file and the entry. What entries owe each other is `consistency`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from conformance.errors import CatalogueError
from conformance.spec.model import Ambiguity, Level, Party, Reading, Requirement, Section, Source
from conformance.spec.needs import NEEDS

if TYPE_CHECKING:
    from pathlib import Path

E = TypeVar("E", bound=StrEnum)

WORDS: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SECTION: Final = re.compile(r"[0-9]+(\.[0-9]+)*|[a-z]+")
_AMBIGUITY: Final = re.compile(r"A[1-9][0-9]*")
_FILE_KEYS: Final = frozenset({"section", "slug", "title", "requirement"})
_REQUIREMENT_KEYS: Final = frozenset({"id", "title", "level", "source", "party", "expects"})
_REQUIREMENT_OPTIONAL: Final = frozenset({"quote", "reference", "needs", "untestable"})
_AMBIGUITY_KEYS: Final = frozenset({"id", "title", "section", "text", "settled", "reading", "requirements"})
_READING_KEYS: Final = frozenset({"id", "title", "conforms"})


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of a file, and how to speak of it."""

    values: Mapping[str, Any]
    where: str

    def keys(self, required: Collection[str], optional: Collection[str] = ()) -> None:
        """Refuses a table that lacks a required key or has one that is not known."""
        if missing := sorted(set(required) - self.values.keys()):
            raise CatalogueError(f"{self.where} has no {missing[0]}")
        if unknown := sorted(self.values.keys() - set(required) - set(optional)):
            raise CatalogueError(f"{self.where} has the unknown key {unknown[0]!r}")

    def text(self, key: str) -> str:
        """A text with something in it; empty where an optional key is absent."""
        value = self.values.get(key, "")
        if not isinstance(value, str) or (key in self.values and not value.strip()):
            raise CatalogueError(f"{self.where}: {key} is {value!r}, not a text with something in it")
        return value

    def matching(self, key: str, pattern: re.Pattern[str]) -> str:
        """A text of this form."""
        value = self.text(key)
        if not pattern.fullmatch(value):
            raise CatalogueError(f"{self.where}: {key} {value!r} does not have the form {pattern.pattern}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, each once; empty where the key is absent."""
        value = self.values.get(key, [])
        if (
            not isinstance(value, list)
            or not all(isinstance(item, str) for item in value)
            or len(set(value)) < len(value)
        ):
            raise CatalogueError(f"{self.where}: {key} is {value!r}, not a list of different texts")
        return tuple(value)

    def one_of(self, key: str, kind: type[E]) -> E:
        """A value of an enumeration."""
        value = self.text(key)
        if value not in {str(member) for member in kind}:
            raise CatalogueError(f"{self.where}: {key} {value!r} is none of {', '.join(kind)}")
        return kind(value)

    def tables(self, key: str, word: str) -> list[_Table]:
        """A list of tables, each spoken of by its id where it has one."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise CatalogueError(f"{self.where}: {key} is not a list of tables")
        return [_Table(item, f"{self.where}: {word} {item.get('id', number)}") for number, item in enumerate(value, 1)]


def read_section(path: Path) -> tuple[Section, tuple[Requirement, ...]]:
    """A section with its requirements, in the order of the file. Raises CatalogueError."""
    table = _read(path)
    table.keys(_FILE_KEYS, {"needs"})
    number = table.matching("section", _SECTION)
    section = Section(number, table.text("title"), table.matching("slug", WORDS))
    shared = _needs(table)
    entries = table.tables("requirement", "requirement")
    if not entries:
        raise CatalogueError(f"{path.name} has no requirement")
    return section, tuple(_requirement(entry, section, shared) for entry in entries)


def read_ambiguities(path: Path) -> tuple[Ambiguity, ...]:
    """The ambiguities, in the order of the file. Raises CatalogueError."""
    table = _read(path)
    table.keys({"ambiguity"})
    return tuple(_ambiguity(entry) for entry in table.tables("ambiguity", "ambiguity"))


def _read(path: Path) -> _Table:
    try:
        return _Table(tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{path.name} cannot be read: {error}") from None


def _needs(table: _Table) -> frozenset[str]:
    needs = table.texts("needs")
    if unknown := [need for need in needs if need not in NEEDS]:
        raise CatalogueError(f"{table.where} needs {unknown[0]!r}, which is none of {', '.join(NEEDS)}")
    return frozenset(needs)


def _requirement(table: _Table, section: Section, shared: frozenset[str]) -> Requirement:
    table.keys(_REQUIREMENT_KEYS, _REQUIREMENT_OPTIONAL)
    slug, _, words = table.text("id").partition("/")
    if slug != section.slug or not WORDS.fullmatch(words):
        raise CatalogueError(f"{table.where}: the id must be {section.slug}/ and words of a-z and 0-9 with hyphens")
    untestable = table.text("untestable")
    return Requirement(
        id=table.text("id"),
        title=table.text("title"),
        section=section.number,
        level=table.one_of("level", Level),
        source=table.one_of("source", Source),
        party=table.one_of("party", Party),
        expects=table.text("expects"),
        quote=table.text("quote"),
        reference=table.text("reference"),
        needs=_needs(table) | (frozenset() if untestable else shared),
        untestable=untestable,
    )


def _ambiguity(table: _Table) -> Ambiguity:
    table.keys(_AMBIGUITY_KEYS)
    return Ambiguity(
        id=table.matching("id", _AMBIGUITY),
        title=table.text("title"),
        section=table.matching("section", _SECTION),
        text=table.text("text"),
        settled=table.text("settled"),
        readings=tuple(_reading(reading) for reading in table.tables("reading", "reading")),
        requirements=table.texts("requirements"),
    )


def _reading(table: _Table) -> Reading:
    table.keys(_READING_KEYS)
    conforms = table.values["conforms"]
    if not isinstance(conforms, bool):
        raise CatalogueError(f"{table.where}: conforms is {conforms!r}, not true or false")
    return Reading(table.matching("id", WORDS), table.text("title"), conforms)
