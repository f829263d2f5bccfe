"""The schemas as files: loaded, consistent, and about requirements that the catalogue has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from conformance import paths
from conformance.checks import formats
from conformance.errors import CatalogueError
from conformance.spec import Party, catalogue, schemas

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = (
    "discovery-answer",
    "error-a",
    "error-b",
    "error-c",
    "fixture",
    "join-answer",
    "join-request",
    "nonce-answer",
    "result-record",
    "results",
)
PROTOCOL = {
    "discovery-answer": "discovery/",
    "nonce-answer": "nonce/",
    "join-request": "join-request/",
    "join-answer": "join-answer/",
}


@pytest.fixture
def one_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of a schema named `it`, alone in a folder of its own."""
    monkeypatch.setattr(paths, "SCHEMAS", tmp_path)
    schemas.load.cache_clear()
    yield tmp_path / "it.schema.json"
    schemas.load.cache_clear()


def refused(file: Path, schema: Any) -> str:
    file.write_text(schema if isinstance(schema, str) else json.dumps(schema), encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        schemas.load("it")
    return str(raised.value)


def test_the_schemas_are_these() -> None:
    assert schemas.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_says_what_it_is_and_where_it_belongs(name: str) -> None:
    schema = schemas.load(name)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert schema["$id"] == f"urn:drs-conformance:schema:{name}"
    assert schema["title"]


@pytest.mark.parametrize("name", NAMES)
def test_every_requirement_of_a_schema_is_a_server_s_in_the_catalogue(name: str) -> None:
    ids = schemas.requirements_of(name)
    assert ids <= catalogue().requirements.keys()
    assert {catalogue().requirements[id_].party for id_ in ids} <= {Party.SERVER}
    assert bool(ids) == (name in PROTOCOL)
    assert all(id_.startswith(PROTOCOL[name]) for id_ in ids)


@pytest.mark.parametrize("name", NAMES)
def test_every_format_is_one_that_a_codec_checks(name: str) -> None:
    named = {schema["format"] for schema in schemas.subschemas(schemas.load(name)) if "format" in schema}
    assert named - {"hostname"} <= formats.checker().checkers.keys()


def test_formats_are_checked_where_a_checker_is_given() -> None:
    answer = {"ReponseStatus": {"message": "", "traceId": "none", "time": ""}, "Value": "!"}
    assert schemas.validator("nonce-answer").is_valid(answer)
    assert schemas.validator("nonce-answer", FormatChecker(formats=())).is_valid(answer)
    found = schemas.validator("nonce-answer", formats.checker()).iter_errors(answer)
    assert {schemas.requirement_of(error) for error in found} == {"nonce/trace-id", "nonce/value-base64"}


def test_an_unknown_schema_is_answered_with_those_there_are() -> None:
    with pytest.raises(CatalogueError, match="no schema 'join'; there are discovery-answer, error-a"):
        schemas.load("join")


def test_text_that_is_no_json_is_refused(one_schema: Path) -> None:
    assert "'it' cannot be read" in refused(one_schema, "{")


def test_what_is_no_schema_is_refused(one_schema: Path) -> None:
    assert "'it' is no JSON Schema: 'txt' is not valid" in refused(one_schema, {"type": "txt"})


def test_a_schema_that_allows_everything_is_refused(one_schema: Path) -> None:
    assert "'it' is True, which describes nothing" in refused(one_schema, "true")


def test_a_reference_out_of_the_schema_is_refused(one_schema: Path) -> None:
    assert "leads out of it" in refused(one_schema, {"items": {"$ref": "urn:elsewhere"}})


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"x-requirement": {"enum": "a/b"}}, "'enum', which is not there"),
        ({"required": ["A"], "x-requirement": {"required": {"B": "a/b"}}}, "'required/B', which is not there"),
        ({"properties": {"A": {}}, "x-requirement": {"properties": {"A": "a/b"}}}, "'properties/A', which is not"),
        ({"type": "null", "x-requirement": {"type": 4}}, "of 'type' is 4, no requirement id"),
    ],
)
def test_a_requirement_of_a_keyword_that_is_not_there_is_refused(one_schema: Path, schema: Any, named: str) -> None:
    assert named in refused(one_schema, {"properties": {"deep": {"items": schema}}})


def test_an_error_of_a_keyword_that_names_nothing_has_no_requirement() -> None:
    schema: dict[str, Any] = {
        "properties": {"A": {"type": "string", "minLength": 2, "x-requirement": {"type": "a/b"}}, "B": False},
        "required": ["C", "D"],
        "x-requirement": {"required": {"D": "a/d"}},
    }
    found = Draft202012Validator(schema).iter_errors({"A": "", "B": 1})
    by_message = {error.message: schemas.requirement_of(error) for error in found}
    assert by_message == {
        "'' is too short": None,
        "False schema does not allow 1": None,
        "'C' is a required property": None,
        "'D' is a required property": "a/d",
    }


def test_one_id_stands_for_all_keywords_beside_it() -> None:
    schema = {"type": "string", "minLength": 2, "required": ["A"], "x-requirement": "a/b"}
    validator = Draft202012Validator(schema)
    values: tuple[Any, ...] = (4, "", {})
    for value in values:
        assert {schemas.requirement_of(error) for error in validator.iter_errors(value)} == {"a/b"}
