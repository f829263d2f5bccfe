"""What a refusal must not hold, looked for in any answer there can be, however long and however it is made."""

from __future__ import annotations

import pytest

from conformance.checks import refusal
from conformance.client.transport import LARGEST_ANSWER
from conformance.exchange import Answer, Exchange, Request


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
    "body", ["select a device\n\nfrom the list", "look at it (twice)", "SELECTED FROM", "SELECT\nFROM"]
)
def test_plain_words_are_none(body: str) -> None:
    assert problems(body) == []


@pytest.mark.parametrize("piece", ["SELECT x ", "SELECT ", " \n", "\n", "\n at a(", "C:\\a\\", "UPDATE x", "INSERT  "])
def test_the_largest_answer_is_looked_through_once(piece: str) -> None:
    """An expression that begins anew at every place of what it has already looked through never ends here."""
    assert problems(piece * (LARGEST_ANSWER // len(piece))) in ([], problems(piece * 3))
