"""The catalogue as it stands: complete enough to be one, and true to what the suite promises."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError

import pytest

from conformance.spec import NEEDS, OFFERED, Level, Party, Source, catalogue


def test_it_is_read_once() -> None:
    assert catalogue() is catalogue()


def test_its_values_cannot_be_changed() -> None:
    entry = catalogue().requirements["device/post"]
    with pytest.raises(FrozenInstanceError):
        entry.level = Level.MAY  # type: ignore[misc]


def test_every_section_that_says_something_has_entries() -> None:
    found = {section.number for section in catalogue().sections}
    assert found >= {"2.1.1", "2.1.1.1.1", "2.1.1.1.2", "2.1.1.1.3", "3.1", "3.2", "3.3"}
    assert {entry.section for entry in catalogue().requirements.values()} == found


def test_every_ambiguity_of_the_corrections_is_an_entry() -> None:
    assert list(catalogue().ambiguities) == [f"A{number}" for number in range(1, 17)]
    bearing_on_nothing = [id_ for id_, ambiguity in catalogue().ambiguities.items() if not ambiguity.requirements]
    assert bearing_on_nothing == []


def test_the_ambiguities_that_an_entry_names_are_there() -> None:
    named = {
        (entry.id, name)
        for entry in catalogue().requirements.values()
        for name in re.findall(r"\(A(\d+)\)", entry.expects)
        if f"A{name}" not in catalogue().ambiguities
    }
    assert named == set()


def test_a_duty_of_the_client_says_why_it_is_not_tested() -> None:
    silent = [
        id_ for id_, entry in catalogue().requirements.items() if entry.party is Party.CLIENT and not entry.untestable
    ]
    assert silent == []


def test_every_need_has_a_remedy_and_is_somebodys() -> None:
    used = {need for entry in catalogue().requirements.values() for need in entry.needs}
    assert used <= NEEDS.keys()
    assert NEEDS.keys() >= OFFERED
    assert all(NEEDS[need].startswith("the target's discovery must name ") for need in OFFERED)


def test_a_run_without_the_rarer_credentials_settles_nine_tenths_of_the_musts() -> None:
    """Design: fewer than nine tenths of the applicable MUSTs settled is incomplete; most people have but a token."""
    common = {"token", "device-creation", "nonce", "domain", "upn"} | OFFERED
    musts = [
        entry
        for entry in catalogue().requirements.values()
        if entry.level is Level.MUST and entry.party is Party.SERVER and not entry.untestable
    ]
    rare = [entry.id for entry in musts if entry.needs - common]
    assert len(rare) * 10 < len(musts), rare


def test_what_the_field_does_binds_nobody() -> None:
    binding = [
        id_
        for id_, entry in catalogue().requirements.items()
        if entry.source is Source.FIELD and entry.level is not Level.MAY
    ]
    assert binding == []


def test_titles_and_expectations_are_sentences_of_ours() -> None:
    """Titles are one line without a full stop, and differ; expectations end like sentences."""
    entries = list(catalogue().requirements.values())
    assert [entry.id for entry in entries if entry.title.endswith(".") or "\n" in entry.title] == []
    assert [entry.id for entry in entries if not entry.expects.endswith(".") or "\n" in entry.expects] == []
    assert len({(entry.section, entry.title) for entry in entries}) == len(entries)
