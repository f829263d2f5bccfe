"""What a refusal shows of itself, and what it must not hold, however long it is and however it is made."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.checks import refusal
from conformance.checks.judgement import Judgement
from conformance.client.transport import LARGEST_ANSWER
from conformance.exchange import REDACTED, Answer, Exchange, Failure, FailureKind, Request


def problems(body: str) -> list[str]:
    """What is found in a refusal with this body."""
    judgement = refusal.leaks(Exchange(Request("GET", "/"), Answer(400, (), body.encode())))
    return [finding.problem for finding in judgement.findings]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("failed: SELECT a, b FROM devices WHERE id = 1", "a statement of its database"),
        ("select (SELECT x) from t", "a statement of its database"),
        ("SELECT one, SELECT two FROM three", "a statement of its database"),
        ("near: select * from devices", "a statement of its database"),
        ("select id, d.name from devices d", "a statement of its database"),
        ("insert into devices (id) values", "a statement of its database"),
        ("update devices set name = 'x'", "a statement of its database"),
        ("delete from devices where id", "a statement of its database"),
        ("https://drs.contoso.com/app.py:12", "a stack trace"),
        ("System.Exception: no\n   at Drs.Join.Create(Guid id)", "a stack trace"),
        ("no\r\n\r\n\tat drs.Join.create(Join.java)", "a stack trace"),
        ("Traceback (most recent call last)", "a stack trace"),
        ("cannot open C:\\drs\\keys.pfx", "a path of the server"),
    ],
)
def test_the_insides_of_a_server_are_seen(body: str, what: str) -> None:
    (problem,) = problems(body)
    assert what in problem


@pytest.mark.parametrize(
    "body",
    [
        "select a device\n\nfrom the list",
        "look at it (twice)",
        "SELECTED FROM",
        "SELECT\nFROM",
        "Please select a JoinType from the table",
        "please select red, green or blue from these",
        "https://drs.contoso.com.py:8443/x",
        "see https://drs.contoso.com/home/devices",
        "update it and delete from there",
    ],
)
def test_plain_words_are_none(body: str) -> None:
    assert problems(body) == []


@pytest.mark.parametrize(
    "piece",
    ["SELECT x ", "SELECT ", " \n", "\n", "\n at a(", "C:\\a\\", "UPDATE x", "INSERT  ", "select a,", "https://"],
)
def test_the_largest_answer_is_looked_through_once(piece: str) -> None:
    """An expression that begins anew at every place of what it has already looked through never ends here."""
    assert problems(piece * (LARGEST_ANSWER // len(piece))) in ([], problems(piece * 3))


GUID = "c532f6ca-259a-44af-8720-1f901ec69a09"
A: dict[str, Any] = {"ErrorType": "DirectoryError", "Message": "no", "TraceId": GUID, "Time": "10/12/2023 3:05:30 PM"}
B: dict[str, Any] = dict.fromkeys(("code", "subcode", "message", "operation", "requestid", "time"), "x")
TYPE = (("Content-Type", "Application/JSON ; charset=utf-8"),)


def odata(**members: Any) -> dict[str, Any]:
    return {"odata.error": members}


def refused(said: Any, headers: tuple[tuple[str, str], ...] = TYPE) -> Exchange:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Exchange(Request("POST", "/", label="a join"), Answer(400, headers, body))


def seen(one: Exchange) -> dict[str, tuple[str, str]]:
    return {each.subject: (each.reading, each.evidence) for each in refusal.observe(one).seen}


@pytest.mark.parametrize(
    ("said", "shape"),
    [
        (A, "ms-dvrj"),
        (A | {"more": 1}, "ms-dvrj"),
        (B, "code-subcode"),
        (odata(code="x"), "odata-error"),
        (odata(message="x"), "none"),
        ({"odata.error": "code"}, "none"),
        *(({name: A[name] for name in A if name != left_out}, "none") for left_out in A),
        *(({name: B[name] for name in B if name != left_out}, "none") for left_out in B),
        (b"no JSON", "none"),
    ],
)
def test_the_shape_of_an_error(said: Any, shape: str) -> None:
    one = refused(said)
    assert one.answer is not None
    assert refusal.shape(one.answer) == shape
    found = seen(one)
    assert found["A7"] == (shape, "a join")
    assert found["processing/error-shape"] == ("does not" if shape == "none" else "does", shape)


@pytest.mark.parametrize(
    ("said", "name", "found"),
    [
        (A, "processing/error-time", ("does", "10/12/2023 3:05:30 PM")),
        ({"time": "x" * 50}, "processing/error-time", ("does", "x" * 40)),
        (odata(date=5), "processing/error-time", ("does", "5")),
        ({"Time": None}, "processing/error-time", None),
        (A, "processing/error-codes", ("does", "DirectoryError")),
        ({"code": "x" * 70}, "processing/error-codes", ("does not", "x" * 60)),
        (odata(code="invalid_request"), "processing/error-codes", ("does", "invalid_request")),
        ({"subcode": "DirectoryError"}, "processing/error-codes", None),
        (A, "field-services/error-trace", ("does", "a GUID")),
        ({"requestid": GUID}, "field-services/error-trace", ("does", "a GUID")),
        (
            odata(values=[1, {"item": 1}, {"item": "requestId", "value": GUID}]),
            "field-services/error-trace",
            ("does", "a GUID"),
        ),
        (odata(values=GUID), "field-services/error-trace", ("does not", "no trace id that is a GUID")),
        ({"TraceId": "x", "requestid": GUID}, "field-services/error-trace", ("does not", "no trace id that is a GUID")),
        ({"TraceId": 5}, "field-services/error-trace", ("does not", "no trace id that is a GUID")),
        ({}, "field-services/error-trace", ("does not", "no trace id that is a GUID")),
        (b"", "processing/error-media-type", None),
    ],
)
def test_what_a_refusal_says_of_itself(said: Any, name: str, found: tuple[str, str] | None) -> None:
    assert seen(refused(said)).get(name) == found


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (TYPE, ("does", "Content-Type 'application/json'")),
        ((("Content-Type", "text/html"),), ("does not", "Content-Type 'text/html'")),
        ((), ("does not", "Content-Type ''")),
    ],
)
def test_the_media_type_of_an_error(headers: tuple[tuple[str, str], ...], found: tuple[str, str]) -> None:
    assert seen(refused(A, headers))["processing/error-media-type"] == found


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        (["a", "b"], ("does", "2 different ids in 2 errors")),
        (["a", "a", "b"], ("does not", "2 different ids in 3 errors")),
        (["a", "", 5, None], None),
        ([], None),
    ],
)
def test_the_ids_of_several_errors_differ(ids: list[Any], found: tuple[str, str] | None) -> None:
    names = ("TraceId", "requestid", "requestId")
    several = [refused({names[place % 3]: each}) for place, each in enumerate(ids)]
    judgement = refusal.traces([*several, SILENT, refused(b"no JSON")])
    expected = [] if found is None else [("field-services/error-trace-unique", *found)]
    assert [(each.subject, each.reading, each.evidence) for each in judgement.seen] == expected


SILENT = Exchange(Request("POST", "/"), None, Failure(FailureKind.TIMEOUT, "no answer"))


def test_no_answer_is_no_refusal() -> None:
    assert refusal.observe(SILENT) == refusal.leaks(SILENT) == Judgement()


@pytest.mark.parametrize(
    ("answer", "broken"),
    [
        (Answer(400, (), b"no"), set()),
        (Answer(400, (), f"token {REDACTED}".encode()), {"processing/no-secrets"}),
        (Answer(400, (("X-Echo", f"Bearer {REDACTED}"),), b"\xff"), {"processing/no-secrets"}),
        (Answer(400, (("X-Debug", "/usr/lib/drs"),), b"\xff"), {"processing/no-internals"}),
        (Answer(400, (), b"-----BEGIN RSA PRIVATE KEY-----"), {"processing/no-internals"}),
    ],
)
def test_leaks_are_looked_for_in_body_and_headers(answer: Answer, broken: set[str]) -> None:
    judgement = refusal.leaks(Exchange(Request("POST", "/"), answer))
    assert judgement.checked == {"processing/no-secrets", "processing/no-internals"}
    assert {finding.requirement for finding in judgement.findings} == broken
