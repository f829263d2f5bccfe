"""Walking a schema violates each keyword alone, and a property added to a schema brings its cases along."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from conformance.codec import base64, jose
from conformance.codec.pkcs10 import CertificationRequest
from conformance.codec.rsakey import RsaKeyBlob
from conformance.codec.tpms import Attestation
from conformance.codec.x509 import Certificate
from conformance.errors import CatalogueError, DecodeError
from conformance.generate.edits import DOCUMENT, Edit, member
from conformance.generate.join import JoinDraft
from conformance.generate.schema_faults import faults_of, schema_faults
from conformance.spec import schemas

DRAFT: Final = JoinDraft.baseline(2)


def checker() -> FormatChecker:
    found = FormatChecker(formats=())
    for name, decode in (
        ("pkcs10", lambda text: CertificationRequest.decode(base64.decode(text))),
        ("bcrypt-rsakey-blob", lambda text: RsaKeyBlob.decode(base64.decode(text))),
        ("tpms-attest", lambda text: Attestation.decode(base64.decode(text))),
        ("x509-certificate", lambda text: Certificate.decode(base64.decode(text))),
        ("jwt", jose.Compact.decode),
    ):
        found.checks(name, raises=DecodeError)(lambda value, decode=decode: not isinstance(value, str) or decode(value))
    return found


def violations(validator: Draft202012Validator, document: Any) -> list[tuple[str, str | None]]:
    """Keyword and requirement of each error; where the type is wrong, other keywords say nothing of their own."""
    errors = list(validator.iter_errors(document))
    of_type = {error.json_path for error in errors if error.validator == "type"}
    return [
        (str(error.validator), schemas.requirement_of(error))
        for error in errors
        if error.validator == "type" or error.json_path not in of_type
    ]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return schemas.validator("join-request", checker())


def test_the_baseline_is_valid(validator: Draft202012Validator) -> None:
    assert list(validator.iter_errors(json.loads(DRAFT.body()))) == []


@pytest.mark.parametrize("edit", schema_faults(), ids=lambda edit: edit.id)
def test_a_fault_violates_its_keyword_and_no_other(edit: Edit, validator: Draft202012Validator) -> None:
    found = violations(validator, json.loads(edit.apply(DRAFT).body()))
    assert [requirement for _, requirement in found] == [edit.requirement]


def test_every_requirement_of_the_schema_has_a_fault() -> None:
    assert {edit.requirement for edit in schema_faults()} == schemas.requirements_of("join-request")


# --- made-up schemas

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "x-requirement": {"type": "a/object", "required": {"name": "a/name-required"}, "additionalProperties": "a/closed"},
    "properties": {
        "name": {"$ref": "#/$defs/text", "x-requirement": "a/name"},
        "size": {
            "type": "integer",
            "minimum": 1,
            "maximum": 9,
            "x-requirement": {"minimum": "a/least", "maximum": "a/most"},
        },
        "kind": {"enum": ["x", "y", 5], "x-requirement": {"enum": "a/kind"}},
        "inner": {
            "type": "object",
            "required": ["flag"],
            "x-requirement": {"required": "a/flag-required"},
            "properties": {"flag": {"type": "boolean", "x-requirement": "a/flag"}, "free": {"type": "string"}},
        },
    },
    "$defs": {"text": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[a-z!]*$"}},
}
VALUE: Final = {"name": "abc", "size": 5, "kind": "x", "inner": {"flag": True}}


@pytest.mark.parametrize("edit", list(faults_of(SCHEMA)), ids=lambda edit: edit.id)
def test_each_keyword_of_another_schema_is_violated_alone(edit: Edit) -> None:
    found = violations(Draft202012Validator(SCHEMA), edit.change(VALUE))
    assert len(found) == 1
    if found[0][1] is not None:  # a schema behind $ref does not name the requirement itself
        assert found[0][1] == edit.requirement


def test_another_schema_has_these_faults() -> None:
    assert [edit.id for edit in faults_of(SCHEMA)] == [
        "a/object:document-is-string", "a/object:document-is-number", "a/object:document-is-boolean",
        "a/object:document-is-array", "a/object:document-is-null", "a/closed:document-has-unknown-member",
        "a/name-required:name-missing",
        "a/name:name-is-number", "a/name:name-is-boolean", "a/name:name-is-array", "a/name:name-is-object",
        "a/name:name-is-null", "a/name:name-of-1-characters", "a/name:name-of-6-characters",
        "a/name:name-of-another-pattern",
        "a/least:size-beyond-minimum", "a/most:size-beyond-maximum",
        "a/kind:kind-is-4", "a/kind:kind-is-6", "a/kind:kind-is-2147483648", "a/kind:kind-is-minus-2147483648",
        "a/kind:kind-is-empty", "a/kind:kind-is-unknown",
        "a/flag-required:inner-flag-missing",
        "a/flag:inner-flag-is-number", "a/flag:inner-flag-is-array", "a/flag:inner-flag-is-object",
        "a/flag:inner-flag-is-null",
    ]  # fmt: skip


def test_a_property_added_to_the_schema_brings_its_cases() -> None:
    schema = json.loads(json.dumps(schemas.load("join-request")))
    schema["properties"]["DeviceModel"] = {
        "type": "string",
        "x-requirement": {"type": "join-request/device-model-type"},
    }
    schema["required"].append("DeviceModel")
    schema["x-requirement"]["required"]["DeviceModel"] = "join-request/device-model-required"
    new = {edit.id: edit for edit in faults_of(schema)}.keys() - {edit.id for edit in schema_faults()}
    assert new == {
        "join-request/device-model-required:device-model-missing",
        "join-request/device-model-type:device-model-is-number",
        "join-request/device-model-type:device-model-is-boolean",
        "join-request/device-model-type:device-model-is-array",
        "join-request/device-model-type:device-model-is-object",
        "join-request/device-model-type:device-model-is-null",
    }


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "string", "contentEncoding": "base64"}, "schema keyword 'contentEncoding' is not one of"),
        ({"type": "text"}, "schema type 'text' is not one of"),
        ({"properties": {"a": {"$ref": "other.json"}}}, "leads out of its schema"),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}}, "leads nowhere"),
        ({"type": "array", "minItems": 1, "x-requirement": {"minItems": "a/b"}}, "no violation of keyword 'minItems'"),
        ({"type": "object", "additionalProperties": True, "x-requirement": "a/b"}, "is not false"),
        ({"type": "string", "pattern": "", "x-requirement": "a/b"}, "every text tried matches"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_a_schema_asks_and_nobody_understands_is_an_error(schema: dict[str, Any], problem: str) -> None:
    with pytest.raises(CatalogueError, match=problem):
        list(faults_of(schema))


def test_a_member_name_with_a_slash_is_escaped_in_its_path() -> None:
    schema = {"properties": {"a/b~c": {"type": "string", "x-requirement": "a/b"}}}
    edit = next(iter(faults_of(schema)))
    assert edit.path == "/a~1b~0c"
    assert edit.change({}) == {"a/b~c": 4}
    assert member({"a/b~c": 4}, edit.path) == 4
    assert edit.path != DOCUMENT
