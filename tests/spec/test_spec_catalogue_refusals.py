"""The catalogue refuses itself: each case is a catalogue that is sound but for one thing, which the message names."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.errors import CatalogueError
from conformance.spec import Catalogue

SECTION = """\
section = "3.2"
slug = "nonce"
title = "Nonce Service"
needs = ["nonce"]

[[requirement]]
id = "nonce/status"
title = "A nonce comes with 200"
level = "MUST"
source = "document"
party = "server"
quote = "returns a 200 OK response code"
expects = "The status is 200."

[[requirement]]
id = "nonce/single-use"
title = "A nonce is new each time"
level = "SHOULD"
source = "security"
party = "server"
reference = "CWE-330"
expects = "Two nonces differ."
needs = ["token"]
"""
OTHER = """\
section = "2.1.1"
slug = "device"
title = "device"

[[requirement]]
id = "device/post"
title = "POST works"
level = "MUST"
source = "document"
party = "client"
quote = "transported by an HTTP POST"
expects = "POST is taken."
untestable = "a duty of the client"
"""
AMBIGUITIES = """\
[[ambiguity]]
id = "A1"
title = "The status"
section = "3.2"
text = "It is said twice."
settled = "Both conform."
requirements = ["nonce/status"]
reading = [
    { id = "200", title = "it is 200", conforms = true },
    { id = "other", title = "it is another", conforms = false },
]
"""
IDS = "device/post\nnonce/single-use\nnonce/status\nnonce/withdrawn retired\n"
SOUND = {"nonce.toml": SECTION, "device.toml": OTHER, "ambiguities.toml": AMBIGUITIES, "ids.txt": IDS}


def load(folder: Path, files: dict[str, str]) -> Catalogue:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Catalogue.load(folder, folder / "ids.txt")


def test_a_sound_catalogue_is_loaded_in_the_order_of_the_document(tmp_path: Path) -> None:
    loaded = load(tmp_path, SOUND)
    assert [section.number for section in loaded.sections] == ["2.1.1", "3.2"]
    assert list(loaded.requirements) == ["device/post", "nonce/status", "nonce/single-use"]
    assert [reading.conforms for reading in loaded.ambiguities["A1"].readings] == [True, False]


def test_needs_of_a_file_are_added_to_those_of_its_entries(tmp_path: Path) -> None:
    assert load(tmp_path, SOUND).requirements["nonce/single-use"].needs == {"token", "nonce"}


@pytest.mark.parametrize(
    ("name", "before", "after", "message"),
    [
        (
            "nonce.toml",
            'id = "nonce/single-use"',
            'id = "nonce/status"',
            "nonce.toml has the id 'nonce/status', which nonce",
        ),
        (
            "nonce.toml",
            "nonce/single-use",
            "device/single-use",
            "nonce.toml: requirement device/single-use: the id must be nonce/",
        ),
        (
            "nonce.toml",
            "nonce/single-use",
            "nonce/Single-Use",
            "nonce.toml: requirement nonce/Single-Use: the id must be",
        ),
        ("nonce.toml", "nonce/single-use", "nonce/single*", "nonce.toml: requirement nonce/single*: the id must be"),
        ("nonce.toml", '"SHOULD"', '"OUGHT"', "nonce/single-use: level 'OUGHT' is none of MUST, SHOULD, MAY"),
        ("nonce.toml", '"security"', '"hearsay"', "nonce/single-use: source 'hearsay' is none of document"),
        ("nonce.toml", 'party = "server"', 'party = "both"', "nonce/status: party 'both' is none of server, client"),
        ("nonce.toml", '["token"]', '["tokn"]', "nonce/single-use needs 'tokn', which is none of token"),
        ("nonce.toml", '["token"]', '"token"', "nonce/single-use: needs is 'token', not a list"),
        ("nonce.toml", 'needs = ["nonce"]', 'needs = ["non"]', "nonce.toml needs 'non', which is none of"),
        (
            "nonce.toml",
            'reference = "CWE-330"\n',
            "",
            "nonce/single-use rests on another text (security) and has no reference",
        ),
        ("nonce.toml", '"CWE-330"', '" "', "nonce/single-use: reference is ' ', not a text"),
        (
            "nonce.toml",
            'quote = "returns a 200 OK response code"\n',
            "",
            "nonce/status rests on the document and has no quote",
        ),
        ("nonce.toml", 'expects = "Two nonces differ."\n', "", "nonce/single-use has no expects"),
        ("nonce.toml", "expects = ", "expect = ", "nonce/status has no expects"),
        ("nonce.toml", 'party = "server"', 'party = "server"\nweight = 3', "nonce/status has the unknown key 'weight'"),
        ("nonce.toml", 'title = "Nonce Service"', "", "nonce.toml has no title"),
        ("nonce.toml", 'section = "3.2"', 'section = "3.2."', "nonce.toml: section '3.2.' does not have the form"),
        (
            "nonce.toml",
            'source = "security"',
            'source = "field"',
            "nonce/single-use is what the field does and is SHOULD",
        ),
        ("nonce.toml", "[[requirement]]", "[[requirement]", "nonce.toml cannot be read"),
        (
            "device.toml",
            "transported by an HTTP POST",
            "returns  a 200 OK response code",
            "has the quote 'returns a 200 OK",
        ),
        ("device.toml", 'section = "2.1.1"', 'section = "3.2"', "has the section '3.2', which"),
        (
            "device.toml",
            'slug = "device"',
            'slug = "nonce"',
            "device.toml: requirement device/post: the id must be nonce/",
        ),
        (
            "ambiguities.toml",
            '"nonce/status"',
            '"nonce/state"',
            "ambiguity A1 bears on 'nonce/state', which is no requirement",
        ),
        ("ambiguities.toml", 'id = "other"', 'id = "200"', "has the reading '200', which"),
        ("ambiguities.toml", "conforms = true", "conforms = false", "ambiguity A1 needs two readings or more"),
        (
            "ambiguities.toml",
            "conforms = true",
            'conforms = "yes"',
            "reading 200: conforms is 'yes', not true or false",
        ),
        ("ambiguities.toml", 'id = "A1"', 'id = "B1"', "id 'B1' does not have the form"),
        ("ambiguities.toml", AMBIGUITIES, AMBIGUITIES + AMBIGUITIES, "has the id 'A1', which"),
        ("ids.txt", "nonce/status\n", "", "nonce/status is not in ids.txt; add it there"),
        ("ids.txt", "nonce/status", "nonce/status retired", "nonce/status is retired in ids.txt"),
        (
            "ids.txt",
            "nonce/withdrawn retired",
            "nonce/withdrawn",
            "nonce/withdrawn is in ids.txt and not in the catalogue",
        ),
        (
            "ids.txt",
            "device/post\n",
            "device/post\ndevice/post\n",
            "the line 'device/post', which is no id, or one that is there",
        ),
        ("ids.txt", "device/post", "device post", "the line 'device post', which is no id"),
    ],
)
def test_one_thing_wrong_is_refused_in_one_sentence(
    tmp_path: Path, name: str, before: str, after: str, message: str
) -> None:
    assert before in SOUND[name]
    with pytest.raises(CatalogueError) as caught:
        load(tmp_path, {**SOUND, name: SOUND[name].replace(before, after, 1)})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no files"):
        Catalogue.load(tmp_path, tmp_path / "ids.txt")


def test_a_missing_list_of_ids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"ids\.txt cannot be read"):
        load(tmp_path, {name: text for name, text in SOUND.items() if name != "ids.txt"})
