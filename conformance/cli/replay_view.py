"""What a replay shows: the request, what came then and now, in which they differ, and the verdict.

The one rule: what a target said goes through `line`, and nothing secret is here, since no exchange holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus

from conformance.checks.verdict import json_object
from conformance.cli.replay_case import Recorded
from conformance.cli.replay_judge import State, Told
from conformance.exchange import Answer, Exchange, Headers
from conformance.report.text import as_text, clip, line, moment, plural, visible

_BODY = 1_600  # characters of a body that are shown
_HEADER = 240
_HEADERS = 24
_WHY = 400
_OF_THE_HOUR = {"date", "server-timing", "content-length", "request-id", "x-ms-request-id", "traceparent"}
_SAYS = {State.HOLDS: "no longer fails", State.FAILS: "still fails", State.UNKNOWN: "could not be told"}
_EACH = {State.FAILS: "still failing", State.HOLDS: "failing no longer", State.UNKNOWN: "that could not be told"}


def head(case: Recorded, started: str) -> Iterator[str]:
    """Which failure it is, and what was sent."""
    yield f"{case.id} of {case.of}, recorded {moment(started)} by {line(case.test.test)}"
    yield f"  problem  {line(case.evidence.problem, _WHY)}"
    yield "sent"
    request = case.exchange.request
    if request.octets:
        yield from _body(request.octets.replace(b"\r\n", b"\n"))
        return
    yield f"  {line(request.method)} {line(request.url)}" + ("  (chunked)" if request.chunked else "")
    yield from _headers(request.headers)
    yield from _body(request.body)


def came(word: str, exchange: Exchange) -> Iterator[str]:
    """An answer, or why there is none."""
    yield f"{word}  ({exchange.seconds:.3f} s)"
    if exchange.answer is None:
        assert exchange.failure is not None  # an exchange has one of both
        yield f"  {line(exchange.failure.message)} ({exchange.failure.kind.value})"
        return
    yield f"  {_status(exchange)}"
    yield from _headers(exchange.answer.headers)
    yield from _body(exchange.answer.body)


def differs(then: Exchange, now: Exchange) -> Iterator[str]:
    """What is otherwise now, but for what is of the hour."""
    found = list(_differences(then, now))
    yield "differs  " + ("; ".join(found) or "nothing but what is of the hour")


def verdict(case: Recorded, told: Told, now: Exchange | None) -> str:
    """Whether it still fails, and why; in one line with what came."""
    came_now = f"; then {_status(case.exchange)}, now {_status(now)}" if now else ""
    return f"{case.id} {_SAYS[told.state]}: {line(told.why, _WHY)}{came_now}"


def summary(requirement: str, states: list[State]) -> str:
    """What several came to."""
    counts = [f"{states.count(state)} {says}" for state, says in _EACH.items() if state in states]
    return f"{requirement}: {plural(len(states), 'recorded failure')}: {', '.join(counts)}"


def _status(exchange: Exchange) -> str:
    if exchange.answer is None:
        return f"no answer ({exchange.failure.kind.value})" if exchange.failure else ""
    phrase = next((one.phrase for one in HTTPStatus if one == exchange.answer.status), "")
    return f"{exchange.answer.status} {phrase}".strip()


def _headers(headers: Headers) -> Iterator[str]:
    for name, value in headers[:_HEADERS]:
        yield f"  {line(name, _HEADER)}: {line(value, _HEADER)}"
    if (more := len(headers) - _HEADERS) > 0:
        yield f"  and {plural(more, 'more header')}"


def _body(octets: bytes) -> Iterator[str]:
    if not octets:
        return
    text = as_text(octets)
    shown = visible(clip(text, _BODY)) if text is not None else clip(octets.hex(" "), _BODY)
    yield ""
    yield from (f"  {each}" for each in shown.splitlines())


def _differences(then: Exchange, now: Exchange) -> Iterable[str]:
    if _status(then) != _status(now):
        yield f"{_status(then)} became {_status(now)}"
    if then.answer is None or now.answer is None:
        return
    before, after = ({name.lower(): value for name, value in one.answer.headers} for one in (then, now) if one.answer)
    for name in sorted((before.keys() | after.keys()) - _OF_THE_HOUR):
        if before.get(name) != after.get(name):
            old, new = (line(one.get(name, "none"), 80) for one in (before, after))
            yield f"{line(name, 80)}: {old} became {new}"
    if then.answer.body != now.answer.body:
        yield _bodies(then.answer, now.answer)


def _bodies(then: Answer, now: Answer) -> str:
    """Which members of two JSON objects differ, or how long two bodies are."""
    before, after = json_object(then), json_object(now)
    if before is None or after is None:
        return f"the body ({plural(len(then.body), 'octet')} became {len(now.body):,})"
    names = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    return "in the body " + (clip(", ".join(line(name, 60) for name in names), _HEADER) or "its spelling")
