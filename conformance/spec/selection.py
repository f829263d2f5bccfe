"""From the words of `--select` to requirements: an id, the beginning of ids, a section's number or its slug."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from conformance.errors import UsageError
from conformance.spec.model import Requirement, Section


def select(
    words: Iterable[str], requirements: Collection[Requirement], sections: Collection[Section]
) -> tuple[Requirement, ...]:
    """The requirements that any of the words names, in the order of the catalogue; all of them for no word.

    A number names its section and those in it; an exact id names that requirement alone, though others begin with it.
    Raises UsageError, with what is near, for a word that names nothing.
    """
    words = tuple(words)
    if not words:
        return tuple(requirements)
    named = {entry.id for word in words for entry in _named(word, requirements, sections)}
    return tuple(entry for entry in requirements if entry.id in named)


def _named(word: str, requirements: Collection[Requirement], sections: Collection[Section]) -> list[Requirement]:
    wanted = word.strip().removesuffix("/")
    exact = [entry for entry in requirements if entry.id == wanted]
    if exact:
        return exact
    numbers = {section.number for section in sections if section.slug == wanted or section.within(wanted)}
    if numbers:
        return [entry for entry in requirements if entry.section in numbers]
    begun = [entry for entry in requirements if wanted and entry.id.startswith(wanted)]
    if begun:
        return begun
    raise UsageError(f"{word!r} names no requirement: {near(wanted, requirements, sections)}")


def near(word: str, requirements: Collection[Requirement], sections: Collection[Section]) -> str:
    """What was perhaps meant, as a clause."""
    ids = [entry.id for entry in requirements]
    slugs = [section.slug for section in sections]
    by_words = {id_.partition("/")[2]: id_ for id_ in reversed(ids)}
    found = difflib.get_close_matches(word, [*ids, *slugs], n=3, cutoff=0.7)
    found += [by_words[match] for match in difflib.get_close_matches(word, by_words, n=3, cutoff=0.7)]
    found += [id_ for id_ in ids if word and word.lower() in id_]
    if found:
        return "near it are " + ", ".join(list(dict.fromkeys(found))[:3])
    return "pass an id, the beginning of ids, or one of the sections " + ", ".join(
        section.number for section in sections
    )
