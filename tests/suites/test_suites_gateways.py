"""What stands before a target and is right to: it is busy now and then, wants a key in a header, is two hosts."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from conformance.client import Secrets, Target, Transport, handshake
from conformance.kit import Case, Twins
from conformance.results import Outcome
from conformance.server.asked import Asked, Reply
from conformance.server.behaviour import Behaviour
from conformance.suites import wire
from suites.altered_behaviour import Alter, Server, served
from suites.relay import relaying
from suites.suite_runner import run, session_with, suites

HEADS: list[Any] = [
    SimpleNamespace(test_=module.test_head) for module in suites("test_discovery_http", "test_device_http")
]
HEAD = {"discovery/head-no-content", "device/head-no-content"}
KEEP: list[Any] = [SimpleNamespace(test_=suites("test_processing_versions")[0].test_one_connection_for_two_requests)]
PIPELINED: list[Any] = [SimpleNamespace(test_=suites("test_processing_http")[0].test_pipelined)]
BOTH = b"\x02h2\x08http/1.1"  # as RFC 7301 3.1 writes them, the one that is preferred first


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running:
        yield running


def busy_to_head(status: int, times: int) -> Alter:
    """So often, to each path by itself."""

    def alter(honest: Behaviour) -> Behaviour:
        asked_before: dict[str, Any] = {}

        def reply(asked: Asked, made: Reply) -> Reply:
            if asked.method == "HEAD" and next(asked_before.setdefault(asked.path, itertools.count())) < times:
                return replace(made, status=status, headers=(*made.headers, ("Retry-After", "0")))
            return made

        return replace(honest, reply=reply)

    return alter


@pytest.mark.parametrize("status", [429, 503])
def test_head_is_sent_again_to_who_is_busy_for_a_moment(server: Server, status: int) -> None:
    session = server.session(busy_to_head(status, 1))
    came = run(session, HEADS)
    assert came.outcomes == dict.fromkeys(HEAD, Outcome.PASS), came.reasons
    assert len(session.patience.waits) == 2


def test_head_is_not_judged_by_who_is_busy_for_good(server: Server) -> None:
    came = server.answers(busy_to_head(429, 99), HEADS)
    assert came.outcomes == dict.fromkeys(HEAD, Outcome.INCONCLUSIVE), came.reasons


def behind_a_key(shut_out: list[str]) -> Alter:
    """Nothing comes through without it; the methods of what did not are noted, for an answer to HEAD tells little."""

    def alter(honest: Behaviour) -> Behaviour:
        def reply(asked: Asked, made: Reply) -> Reply:
            if asked.header("x-key") == "open":
                return made
            shut_out.append(asked.method)
            return Reply(403, (), b"no key")

        return replace(honest, reply=reply)

    return alter


def test_what_is_spoken_octet_by_octet_has_the_headers_of_every_request(server: Server) -> None:
    shut_out: list[str] = []
    bare = run(server.session(behind_a_key(shut_out)), KEEP)
    assert Outcome.PASS not in bare.outcomes.values()
    assert shut_out
    shut_out.clear()
    came = run(server.session(behind_a_key(shut_out), headers=(("X-Key", "open"),)), [*KEEP, *HEADS])
    assert came.outcomes == dict.fromkeys({"processing/keep-alive", *HEAD}, Outcome.PASS), came.reasons
    assert shut_out == []


def test_one_host_is_not_asked_for_the_other_in_one_write(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert server.answers(lambda honest: honest, PIPELINED).outcomes == {"processing/pipelining": Outcome.PASS}
    monkeypatch.setattr(wire, "one_place", lambda *_: False)
    came = server.answers(lambda honest: honest, PIPELINED)
    assert came.outcomes == {"processing/pipelining": Outcome.SKIP}
    assert "not on one host" in came.reasons["processing/pipelining"]


def test_http2_is_offered_in_one_order_by_who_asks_whether_and_by_who_speaks_it() -> None:
    """A target may choose by the client's order (RFC 7301 3.2); then two orders would come to two protocols."""
    said: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def hear() -> None:
        for _ in range(2):
            with listener.accept()[0] as line:
                said.append(line.recv(1 << 14))

    thread = threading.Thread(target=hear)
    thread.start()
    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    target = Target(url, "t", timeout=5)
    handshake.http2(target, url)
    with Transport(target, Secrets(), http2=True) as transport:
        transport.send("GET", url)
    thread.join(5)
    listener.close()
    assert [BOTH in hello for hello in said] == [True, True]


def test_a_target_that_thinks_before_it_answers_is_heard_before_our_side_is_closed(server: Server) -> None:
    """It takes who has closed theirs for gone."""
    with relaying(urlsplit(server.ready.url).port or 80) as relay:
        relay.hasty, relay.thinking = True, 1.0
        session = session_with(replace(server.ready, url=f"http://127.0.0.1:{relay.port}"))
        with session.transport:
            case = Case(session, Twins(session), ())
            exchange = wire.sent(case, wire.joining(case), "a join", finish=True)
    assert exchange.answer is not None
    assert exchange.answer.status == 201
