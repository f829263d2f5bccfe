"""Bodies read as JSON: what RFC 8259 allows passes, each way to break it is one finding, and nothing is ever raised."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks import json_text
from conformance.checks.judgement import Judgement
from conformance.exchange import Answer

JSON = (("Content-Type", "application/json"),)


def judged(body: bytes, *types: str) -> Judgement:
    headers = tuple(("content-type", value) for value in types) if types else JSON
    return json_text.judge(Answer(200, headers, body), "nonce")[1]


def failed(judgement: Judgement) -> set[str]:
    return {finding.requirement for finding in judgement.findings}


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b' \t\r\n{"a": [1, -0.5e+3, true, null, "\\u0000"]}\n',
        '{"name": "Müller \U0001f4bb"}'.encode(),
        b'{"a": {"b": 1}, "b": 1}',
        b'{"lone": "\\ud800"}',
        b'{"url": "https:\\/\\/drs.example\\/"}',
        b'{"n": ' + b"9" * 10_000 + b', "m": -1e999}',
        b'{"a":' * 20 + b"1" + b"}" * 20,
    ],
)
def test_json_passes(body: bytes) -> None:
    judgement = judged(body)
    assert judgement.checked == {"nonce/json", "nonce/unique-names", "nonce/media-type"}
    assert judgement.findings == ()


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "offset 0"),
        (b"  ", "offset 2"),
        (b"\xef\xbb\xbf{}", "offset 0"),
        (b'{"a": "\xe9"}', "offset 7"),
        (b'{"a": 1} {"b": 2}', "offset 9"),
        (b'{"a": 1 2}', "offset 8"),
        (b"{'a': 1}", "offset 1"),
        (b'{"a": 01}', "offset 7"),
        (b'{"a": "\n"}', "offset 7"),
        ('{"ü": "ü", x}'.encode(), "offset 13"),
        (b'{"a": NaN}', "body"),
        (b'{"a": -Infinity}', "body"),
        ('{"a": 1}'.encode("utf-16"), "offset 0"),
        (b"[]", "body"),
        (b'"text"', "body"),
        (b"17", "body"),
        (b"1.5", "body"),
        (b"true", "body"),
        (b"null", "body"),
    ],
)
def test_what_is_no_json_object_is_one_finding(body: bytes, where: str) -> None:
    judgement = judged(body)
    assert failed(judgement) == {"nonce/json"}
    assert [finding.where for finding in judgement.findings] == [where]
    assert "nonce/unique-names" not in judgement.checked


@pytest.mark.parametrize("body", [b'{"a": 1, "a": 1}', b'{"x": [{"a": 1, "b": 2, "a": 3}]}', b'{"a": 1, "\\u0061": 2}'])
def test_a_name_that_stands_twice_is_found_at_any_depth(body: bytes) -> None:
    judgement = judged(body)
    assert failed(judgement) == {"nonce/unique-names"}
    assert "'a'" in judgement.findings[0].problem


@pytest.mark.parametrize(
    "body", [b'{"a":' * 50_000, b'{"a":' * 500 + b"1" + b"}" * 500, b'{"a":' + b"[" * 99 + b"]" * 99 + b"}"]
)
def test_json_too_deep_to_read_is_left_unjudged(body: bytes) -> None:
    value, judgement = json_text.judge(Answer(200, JSON, body), "nonce")
    assert value is None
    assert judgement.checked == {"nonce/media-type"}
    assert judgement.findings == ()


@pytest.mark.parametrize(
    "value", ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/json ;v=1"]
)
def test_json_media_types(value: str) -> None:
    assert failed(judged(b"{}", value)) == set()


@pytest.mark.parametrize("value", ["text/json", "application/jsonp", "application/problem+json", "json", "", "\xff"])
def test_other_media_types(value: str) -> None:
    assert failed(judged(b"{}", value)) == {"nonce/media-type"}


def test_two_media_types_that_differ() -> None:
    assert failed(judged(b"{}", "application/json", "text/html")) == {"nonce/media-type"}


def test_no_media_type() -> None:
    judgement = json_text.judge(Answer(200, (), b"{}"), "nonce")[1]
    assert failed(judgement) == {"nonce/media-type"}


LEAF = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text()


@given(st.recursive(LEAF, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))
def test_what_pythons_writer_writes_is_read_back(value: object) -> None:
    read = json_text.read(json.dumps({"value": value}).encode())
    assert read.value == {"value": value}
    assert read.twice == ()


@given(
    st.binary()
    | st.text(alphabet='{}[]":,0123456789eE.-\\u \ud800truefalsn').map(lambda t: t.encode("utf-8", "replace"))
)
def test_any_octets_give_an_object_or_a_reason(body: bytes) -> None:
    read = json_text.read(body)
    assert isinstance(read.value, dict) is not (bool(read.problem) or read.too_deep)


@pytest.mark.parametrize(("deep", "judged_too"), [(json_text.DEEPEST, True), (json_text.DEEPEST + 1, False)])
def test_the_deepest_that_is_judged(deep: int, judged_too: bool) -> None:
    judgement = judged(b'{"a":' * deep + b"1" + b"}" * deep)
    assert ("nonce/json" in judgement.checked) is judged_too
    assert judgement.findings == ()


@pytest.mark.parametrize(("digits", "kind"), [(3_999, int), (4_000, float)])
def test_a_number_of_many_digits_is_only_large(digits: int, kind: type) -> None:
    value = json_text.read(b'{"n":' + b"1" * digits + b"}").value
    assert value is not None
    assert type(value["n"]) is kind


def test_a_vertical_tab_is_no_white_space_of_a_media_type() -> None:
    assert failed(judged(b"{}", "\vapplication/json")) == {"nonce/media-type"}
