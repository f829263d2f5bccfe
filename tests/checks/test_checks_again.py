"""A check called again: each kind of argument comes back as it was written. A stream names no more."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from checks.checks_answer import NOW, asked, document, exchange, key_of, written
from conformance.checks import again, crowd, distinct, habits, join_answer, nonce
from conformance.checks.again import NotRecordedError
from conformance.checks.join_answer import Asked
from conformance.checks.judgement import Applied, Judgement, Notes

ANSWERS = exchange(document()), exchange({}), exchange(b"[", 500)
OTHER = "rsa-2048-05"


@again.recorded
def told(value: object = None, *, more: object = None) -> Judgement:
    """A check that tells what it was given."""
    notes = Notes()
    notes.see("told", repr(value), repr(more))
    return notes.judgement()


@pytest.fixture(autouse=True)
def told_is_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nonce, "told", told, raising=False)


def once_more(value: Any) -> str:
    """What the check is given after its argument was written down and read."""
    arguments = again.written({"value": value}, ANSWERS.index)
    (seen,) = again.apply("nonce.told", arguments, ANSWERS).seen
    return seen.reading


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        1.5,
        "a\ud800\u00e9",
        (),
        (1, ("a", None)),
        b"",
        b"\0\xff",
        NOW,
        datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
        *ANSWERS,
        (ANSWERS[1], (ANSWERS[0],)),
        written(),
        written(serial=-5),
        key_of(),
        asked(client_sid=True, authorities=(written(), written(key=OTHER))),
        (asked(), asked(upn=None, key=key_of(OTHER))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_argument_is_read_as_it_was_written(value: Any) -> None:
    assert once_more(value) == repr(value)


def test_a_list_is_read_as_a_tuple() -> None:
    assert once_more([1, [2]]) == "(1, (2,))"


def test_arguments_are_written_short_and_by_name() -> None:
    arguments = {"a": ANSWERS[1], "b": b"\0", "c": NOW, "d": [1, "x"]}
    assert again.written(arguments, ANSWERS.index) == (
        '{"a":{"exchange":1},"b":{"octets":"AA=="},"c":{"moment":"2025-06-01T12:00:00+00:00"},"d":[1,"x"]}'
    )
    record = json.loads(again.written({"asked": asked()}, ANSWERS.index))["asked"]
    assert record["record"] == "join_answer.Asked"
    assert record["fields"].keys() == {field.name for field in dataclasses.fields(Asked)}


@dataclasses.dataclass
class Foreign:
    """A record of another room."""


@pytest.mark.parametrize(
    ("value", "kind"),
    [({"a": 1}, "dict"), ({1}, "set"), (1j, "complex"), ([Foreign()], "Foreign"), (asked(upn=object()), "object")],
)
def test_what_no_json_is_made_of_is_not_written(value: object, kind: str) -> None:
    with pytest.raises(NotRecordedError, match=f"^a {kind} cannot be written down$"):
        again.written({"value": value}, ANSWERS.index)


def test_a_check_says_how_it_was_called() -> None:
    certificates = [written(), written()]
    judged = distinct.serials(certificates)
    assert judged.applied == (Applied("distinct.serials", {"certificates": certificates}, judged.checked),)
    assert judged.checked
    assert told(1, more=2).applied == (Applied("test_checks_again.told", {"value": 1, "more": 2}, frozenset()),)
    assert told.__name__ == "told"
    assert told.__doc__ == "A check that tells what it was given."


@pytest.mark.parametrize(
    "judged",
    [
        join_answer.status_seen(ANSWERS[0]),
        distinct.subjects([written(), written(key=OTHER)]),
        habits.certificate(written(), NOW, None),
        crowd.own(ANSWERS[0], asked(key=key_of(OTHER)), [asked()]),
    ],
    ids=lambda judged: judged.applied[0].check,
)
def test_the_same_arguments_give_the_same_judgement(judged: Judgement) -> None:
    (applied,) = judged.applied
    found = again.apply(applied.check, again.written(applied.arguments, ANSWERS.index), ANSWERS)
    assert found == judged
    assert found.applied[0].checked == applied.checked


@pytest.mark.parametrize(
    "check",
    [
        "nonce.gone",
        "gone.judge",
        "os.system",
        "nonce.value_of",
        "nonce",
        "nonce.",
        ".told",
        "",
        "..client.secrets.claims",
        "nonce.told.__wrapped__",
    ],
)
def test_a_stream_names_checks_and_nothing_else(check: str) -> None:
    with pytest.raises(NotRecordedError) as refusal:
        again.apply(check, "{}", ANSWERS)
    assert str(refusal.value) == f"there is no check {check!r} any more"


@pytest.mark.parametrize(
    "value",
    [
        {"exchange": 3},
        {"exchange": -1},
        {"exchange": "0"},
        {"exchange": []},
        {"octets": "!"},
        {"octets": 5},
        {"moment": "now"},
        {"key": "AA=="},
        {"certificate": "AA=="},
        {"pickle": "gASVAAAA"},
        {},
        {"octets": "", "moment": ""},
        {"record": "join_answer.Asked"},
        {"record": "join_answer.Asked", "fields": {}},
        {"record": "join_answer.Asked", "fields": {"other": 1}},
        {"record": "join_answer.judge", "fields": {}},
        {"record": "gone.Asked", "fields": {}},
        {"record": "join_answer", "fields": {}},
        {"record": "..exchange.Exchange", "fields": {}},
        {"record": 5, "fields": {}},
        {"record": "join_answer.Asked", "fields": 5},
    ],
    ids=json.dumps,
)
def test_a_value_that_is_none_is_our_own_sentence(value: dict[str, Any]) -> None:
    with pytest.raises(NotRecordedError, match=r"^nonce.told cannot be called as it was: ."):
        again.apply("nonce.told", json.dumps({"value": [value]}), ANSWERS)


@pytest.mark.parametrize("arguments", ["", "[", "[1]", "5", '{"other":1}', '{"value":' + "[" * 100_000])
def test_arguments_that_are_none_are_our_own_sentence(arguments: str) -> None:
    with pytest.raises(NotRecordedError, match=r"^nonce.told cannot be called as it was: ."):
        again.apply("nonce.told", arguments, ANSWERS)
