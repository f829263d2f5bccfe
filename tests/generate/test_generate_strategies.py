"""What the strategies draw is valid by the schema it comes from, and every spelling says the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from jsonschema import Draft202012Validator

from conformance.codec import base64, jose
from conformance.codec.pkcs10 import CertificationRequest
from conformance.codec.rsakey import RsaKeyBlob
from conformance.codec.tpms import Attestation
from conformance.codec.x509 import Certificate
from conformance.errors import CatalogueError, DecodeError
from conformance.generate.accepted import ACCEPTED, ESCAPED_PAIRS
from conformance.generate.features import PLAIN, features, without
from conformance.generate.join import MARKER, JoinDraft, render
from conformance.generate.observed.members import VARIANTS
from conformance.generate.spelling import Spelling
from conformance.generate.strategies import FORMATS, from_schema, join_documents, join_drafts, spellings
from conformance.generate.variants import Variant
from conformance.spec import schemas

unshrunk = settings(max_examples=2000, database=None, phases=[Phase.generate])
few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])

DECODERS: Final[dict[str, Callable[[str], object]]] = {
    "pkcs10": lambda text: CertificationRequest.decode(base64.decode(text)),
    "bcrypt-rsakey-blob": lambda text: RsaKeyBlob.decode(base64.decode(text)),
    "tpms-attest": lambda text: Attestation.decode(base64.decode(text)),
    "x509-certificate": lambda text: Certificate.decode(base64.decode(text)),
    "jwt": jose.Compact.decode,
}


@few
@given(join_documents())
def test_a_document_is_valid(document: dict[str, Any]) -> None:
    schemas.validator("join-request").validate(document)


@pytest.mark.parametrize("name", DECODERS)
@settings(max_examples=5)
@given(data=st.data())
def test_a_text_of_a_format_is_read_by_its_codec(name: str, data: st.DataObject) -> None:
    DECODERS[name](data.draw(FORMATS[name]))


@few
@given(join_drafts())
def test_a_draft_is_valid_and_renders_to_its_value(draft: JoinDraft) -> None:
    rendering = render(draft)
    assert json.loads(rendering.text) == rendering.document
    schemas.validator("join-request").validate(rendering.document)
    assert rendering.document["JoinType"] in (0, 4, 6)
    assert "PreAuthorizedJoinChallenge" not in rendering.document


@pytest.mark.parametrize(
    "interesting",
    [
        lambda draft: draft.attributes is None,
        lambda draft: draft.attributes == (),
        lambda draft: draft.attributes is not None and len(draft.attributes) == 3,
        lambda draft: any(ord(character) > 0xFFFF for character in draft.device_display_name),
        lambda draft: "\u0301" in draft.device_display_name,
        lambda draft: any("\u0600" <= character < "\u0700" for character in draft.device_display_name),
        lambda draft: draft.spelling.gap and draft.spelling.rotate,
        lambda draft: draft.spelling.escape and draft.spelling.ascii,
        lambda draft: b"\\u" in draft.body(),
    ],
)
def test_drafts_reach(interesting: Any) -> None:
    find(join_drafts(), interesting, settings=unshrunk)


def test_a_drawn_draft_keeps_the_host_it_is_given() -> None:
    draft = find(join_drafts(target_domain="drs.contoso.example"), lambda _: True, settings=unshrunk)
    assert draft.target_domain == "drs.contoso.example"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(spellings(), json_values)
def test_a_spelling_keeps_the_value(spelling: Spelling, value: Any) -> None:
    assert json.loads(spelling.write(value)) == value


def test_spellings_differ() -> None:
    value = {"a": "é", "b": [1]}
    assert Spelling().write(value) == '{"a":"é","b":[1]}'.encode()
    assert Spelling(ascii=True).write(value) == b'{"a":"\\u00e9","b":[1]}'
    assert Spelling(rotate=1).write(value) == '{"b":[1],"a":"é"}'.encode()
    assert Spelling(escape=frozenset("a")).write(value) == '{"\\u0061":"é","b":[1]}'.encode()
    assert Spelling(gap=" ").write({"b": []}) == b' { "b" : [ ] } '
    assert Spelling(escape=frozenset("𐍈")).write("𐍈") == b'"\\ud800\\udf48"'


SCHEMAS: Final[list[dict[str, Any]]] = [
    {"type": "integer", "minimum": 3, "maximum": 5},
    {"type": "number", "minimum": 0, "maximum": 1},
    {"type": ["string", "null"], "minLength": 2, "maxLength": 3},
    {"type": "string", "pattern": "^[a-f]{3}$"},
    {"type": "string", "format": "guid", "pattern": "^[0-8]"},
    {"enum": [1, "x", None]},
    {"const": {"a": [1]}},
    {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 2},
    {"properties": {"a": {"$ref": "#/$defs/n"}, "b": True}, "required": ["a"], "$defs": {"n": {"type": "integer"}}},
    {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "boolean"}}},
    {},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
@settings(max_examples=30, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_a_value_is_valid_by_its_schema(schema: dict[str, Any], data: st.DataObject) -> None:
    Draft202012Validator(schema).validate(data.draw(from_schema(schema, FORMATS)))


@pytest.mark.parametrize("present", [{"a"}, {"b"}, {"a", "b"}, set()])
def test_every_subset_of_optional_members_is_drawn(present: set[str]) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}}}
    find(from_schema(schema, FORMATS), lambda value: value.keys() == present, settings=unshrunk)


def test_members_are_drawn_in_any_order() -> None:
    schema = {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "null"}, "b": {"type": "null"}}}
    find(from_schema(schema, FORMATS), lambda value: list(value) == ["b", "a"], settings=unshrunk)


def test_a_text_has_no_control_characters() -> None:
    with pytest.raises(NoSuchExample):
        find(
            from_schema({"type": "string"}, FORMATS),
            lambda text: any(ord(character) < 32 for character in text),
            settings=unshrunk,
        )


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "string", "format": "ipv9"}, "format 'ipv9' is not one of bcrypt-rsakey-blob, "),
        ({"type": "string", "patern": "x"}, "schema keyword 'patern' is not one of"),
        ({"type": "object", "required": ["a"]}, "member 'a' is required by a schema that does not describe it"),
        ({"oneOf": [{}]}, "schema keyword 'oneOf'"),
        (
            {"properties": {"a": {"$ref": "#/$defs/a", "type": "string"}}, "$defs": {"a": {"type": "null"}}},
            "beside a \\$ref",
        ),
        ({"properties": {"a": False}}, "a schema is an object here, not False"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_not_understood_is_an_error(schema: dict[str, Any], problem: str) -> None:
    with pytest.raises(CatalogueError, match=problem):
        from_schema(schema, FORMATS)


def test_a_format_no_codec_reads_is_not_drawn_by_mistake() -> None:
    with pytest.raises(DecodeError):
        DECODERS["pkcs10"]("AAAA")


@few
@given(join_drafts())
def test_what_a_draft_makes_use_of_is_taken_away_one_by_one(draft: JoinDraft) -> None:
    used = list(features(draft))
    assert used.pop() == PLAIN
    for feature in used:
        left = [one for one in features(draft) if one != feature]
        draft = without(draft, feature)
        assert list(features(draft)) == left
    assert list(features(draft)) == [PLAIN]


@given(join_drafts())
def test_an_administrator_knows_every_device_by_its_name(draft: JoinDraft) -> None:
    assert str(draft.device_display_name).startswith(MARKER)


@pytest.mark.parametrize("variant", [*ACCEPTED, ESCAPED_PAIRS, *VARIANTS], ids=lambda variant: variant.name)
def test_so_it_is_with_the_variants(variant: Variant) -> None:
    """All but the empty name, which is what is tested there."""
    name = json.loads(variant.change(JoinDraft.baseline()).body())["DeviceDisplayName"]
    assert name.startswith(MARKER) or variant.name == "display-name-empty"
