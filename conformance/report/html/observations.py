"""What the target does where the document leaves it open: ambiguities with their readings, and habits of the field."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.results import Observation, Results
from conformance.spec import Ambiguity, Catalogue


@dataclass(frozen=True, slots=True)
class Seen:
    """A reading that was seen: its words, whether the document allows it, and what showed it."""

    title: str
    conforms: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Question:
    """An ambiguity, the readings seen of it, and the titles of those not seen."""

    entry: Ambiguity
    seen: tuple[Seen, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Habit:
    """What the target does of what it may do or leave; `answers` are `does`, `does not` or what was observed."""

    id: str
    title: str
    answers: tuple[Seen, ...]


def questions(results: Results, catalogue: Catalogue) -> list[Question]:
    """Every ambiguity of the catalogue, seen or not."""
    return [_question(entry, _of(results, id_)) for id_, entry in catalogue.ambiguities.items()]


def habits(results: Results, catalogue: Catalogue) -> list[Habit]:
    """What was seen of options and of the field's habits, by what was observed."""
    ids = dict.fromkeys(item.ambiguity for item in results.observations if item.ambiguity not in catalogue.ambiguities)
    return [_habit(id_, _of(results, id_), catalogue) for id_ in ids]


def _habit(id_: str, found: list[Observation], catalogue: Catalogue) -> Habit:
    entry = catalogue.requirements.get(id_)
    answers = tuple(Seen(item.reading, conforms=True, evidence=item.evidence) for item in found)
    return Habit(id_, entry.title if entry else id_, answers)


def _question(entry: Ambiguity, found: list[Observation]) -> Question:
    known = {reading.id: reading for reading in entry.readings}
    seen = tuple(
        Seen(known[item.reading].title, known[item.reading].conforms, item.evidence)
        if item.reading in known
        else Seen(item.reading, conforms=True, evidence=item.evidence)
        for item in found
    )
    others = tuple(title for reading in entry.readings if (title := reading.title) not in {one.title for one in seen})
    return Question(entry, seen, others)


def _of(results: Results, id_: str) -> list[Observation]:
    return [item for item in results.observations if item.ambiguity == id_]
