"""How long a session waits for a target that asks to be asked again, and when it has waited enough."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from conformance.exchange import Answer, Exchange, Request
from conformance.kit.patience import Patience, asked_to_wait


def exchange(status: int, retry_after: str | None = None) -> Exchange:
    headers = () if retry_after is None else (("Retry-After", retry_after),)
    request = Request("GET", "http://127.0.0.1/", (), b"", "a request")
    return Exchange(request, Answer(status, headers, b"", "HTTP/1.1"), None, 0.0)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("conformance.kit.patience.time.sleep", waits.append)
    return waits


@pytest.mark.parametrize(
    ("status", "said", "wait"),
    [
        (429, "3", 3.0),
        (503, "0", 0.0),
        (429, None, None),
        (503, None, None),
        (500, "3", None),
        (400, "3", None),
        (200, "3", None),
        (429, "-1", None),
        (429, "soon", None),
        (429, "٣", None),
        (503, "9" * 400, 999_999_999.0),
        (503, "Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        (503, "Sun, 06 Nov 1994 08:49:37 -0000", None),
    ],
)
def test_what_is_asked(status: int, said: str | None, wait: float | None) -> None:
    assert asked_to_wait(exchange(status, said)) == wait


def test_a_date_is_waited_for() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert asked_to_wait(exchange(503, later)) == pytest.approx(60, abs=2)


def answers(*found: Exchange) -> Iterator[Exchange]:
    yield from found
    pytest.fail("sent more often than need be")


def test_who_is_busy_once_is_asked_again(slept: list[float]) -> None:
    coming = answers(exchange(429, "2"), exchange(201))
    assert Patience().over(lambda: next(coming)) == exchange(201)
    assert slept == [2.0]


def test_who_is_busy_for_good_is_waited_for_once(slept: list[float]) -> None:
    waiting = Patience()
    coming = answers(*[exchange(503, "1")] * 3)
    assert waiting.over(lambda: next(coming)) == exchange(503, "1")
    assert slept == [1.0, 1.0]
    assert waiting.over(lambda: exchange(503, "1")) == exchange(503, "1")
    assert slept == [1.0, 1.0]


def test_who_does_not_say_how_long_it_is_busy_is_asked_again_too(slept: list[float]) -> None:
    """A front that limits how fast it is asked often says no more than 503."""
    waiting = Patience()
    coming = answers(exchange(503), exchange(429), exchange(201))
    assert waiting.over(lambda: next(coming)) == exchange(201)
    assert slept == waiting.waits == [1.0, 1.0]


def test_who_is_busy_for_good_without_a_word_is_waited_for_once(slept: list[float]) -> None:
    waiting = Patience.towards_others()
    coming = answers(*[exchange(503)] * 3)
    assert waiting.over(lambda: next(coming)) == exchange(503)
    assert waiting.over(lambda: exchange(503)) == exchange(503)
    assert slept == [1.0, 1.0]
    assert waiting.end() is None


def test_what_others_use_too_is_waited_for_longer_and_then_left_alone(slept: list[float]) -> None:
    waiting = Patience.towards_others()
    coming = answers(exchange(429, "90"), exchange(201))
    waiting.over(lambda: next(coming))
    assert slept == waiting.waits == [90.0]
    assert waiting.end() is None
    waiting.over(lambda: exchange(503, "3600"))
    assert slept == [90.0]
    assert waiting.end() == (
        "the target asks to wait for 3600 seconds (Retry-After), longer than a run waits; run it later"
    )


def test_what_is_on_this_machine_is_asked_on(slept: list[float]) -> None:
    waiting = Patience()
    waiting.over(lambda: exchange(503, "3600"))
    assert slept == []
    assert waiting.end() is None


def test_nobody_is_waited_for_longer_than_it_is_worth(slept: list[float]) -> None:
    waiting = Patience(left=1.2)
    coming = answers(exchange(429, "3600"))
    waiting.over(lambda: next(coming))
    for _ in range(9):
        turns = answers(exchange(429, "0"), exchange(200))
        waiting.over(lambda turns=turns: next(turns))  # type: ignore[misc]
    assert slept == [0.0] * 3
