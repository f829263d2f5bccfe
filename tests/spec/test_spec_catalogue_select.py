"""From the words of `--select` to requirements."""

from __future__ import annotations

import pytest

from conformance.errors import UsageError
from conformance.spec import catalogue


def ids(*words: str) -> list[str]:
    return [entry.id for entry in catalogue().select(words)]


def test_no_word_names_everything() -> None:
    assert ids() == list(catalogue().requirements)


def test_an_exact_id_names_itself_alone_though_others_begin_with_it() -> None:
    assert "join-request/csr-type-required" in catalogue().requirements
    assert ids("join-request/csr-type") == ["join-request/csr-type"]


def test_the_beginning_of_ids_names_them_all() -> None:
    found = ids("join-request/transport-key-no")
    assert found == ["join-request/transport-key-no-primes", "join-request/transport-key-no-tail"]


def test_a_number_names_its_section_and_those_in_it() -> None:
    sections = {entry.section for entry in catalogue().select(["2.1.1"])}
    assert sections == {"2.1.1", "2.1.1.1.1", "2.1.1.1.2", "2.1.1.1.3"}
    assert {entry.section for entry in catalogue().select(["2.1.1.1"])} == sections - {"2.1.1"}


@pytest.mark.parametrize("word", ["device", "device/", "2.1.1 "])
def test_a_slug_names_its_section(word: str) -> None:
    assert "device/post" in ids(word)


def test_a_slug_names_its_section_alone() -> None:
    assert all(id_.startswith("device/") for id_ in ids("device"))


def test_words_add_up_in_the_order_of_the_document_each_once() -> None:
    assert ids("processing/chunked", "device/post", "device/post") == ["device/post", "processing/chunked"]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("join-request/transport-key-magik", "join-request/transport-key-magic"),
        ("transport-key-magic", "join-request/transport-key-magic"),
        ("joinrequest", "join-request"),
        ("no-tail", "join-request/transport-key-no-tail"),
        ("9.9", "2.1.1.1.1"),
        ("", "2.1.1.1.1"),
        ("2.1.1.", "2.1.1.1.1"),
    ],
)
def test_a_word_that_names_nothing_is_answered_with_what_is_near(word: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        catalogue().select([word])
    assert repr(word) in str(caught.value)
    assert hint in str(caught.value)
