"""A refused join leaves nothing at the reference server: no device, no spent nonce; an accepted one leaves its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from conformance.checks import verdict
from conformance.checks.verdict import Verdict
from conformance.generate.faults import faults
from conformance.kit import Session
from conformance.server.behaviour import strict
from suites.altered_behaviour import Server, served
from suites.suite_runner import run, session_with, suites

STORIES = suites("test_flow", "test_at_once")


@dataclass(frozen=True)
class Left:
    """What the server's store holds."""

    devices: int
    spent: int
    challenges: int


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running_one:
        yield running_one


def left(server: Server) -> Left:
    """Read by a connection of its own, so that only what was committed counts."""
    service: Any = server._service
    path = service.site.store._db.execute("pragma database_list").fetchone()[2]
    with sqlite3.connect(path) as reading:
        rows = [
            reading.execute(f"select count(*) from {what}").fetchone()[0]
            for what in ("device", "nonce where spent", "challenge")
        ]
    reading.close()
    return Left(*rows)


def session_of(server: Server) -> tuple[Session, list[tuple[object, ...]]]:
    """A session with the honest server, and the devices that it hears of."""
    object.__setattr__(server._service, "behaviour", strict())
    session = session_with(server.ready)
    made: list[tuple[object, ...]] = []
    session.on_device = lambda *device: made.append(device)
    return session, made


def test_no_fault_that_is_refused_leaves_a_device_or_spends_its_nonce(server: Server) -> None:
    session, made = session_of(server)
    edits = [edit for edit in faults() if not edit.requirement.startswith(("device/", "join-request/challenge"))]
    before, refused = left(server), 0
    with session.transport:
        for edit in edits:
            exchange = session.join(edit.apply(session.draft()), edit.title)
            refused += verdict.join(exchange)[0] is Verdict.REFUSED
    assert refused == len(edits) > 200
    assert made == []
    assert left(server) == before


def test_every_device_of_a_story_is_one_that_was_answered(server: Server) -> None:
    session, made = session_of(server)
    before = left(server)
    run(session, STORIES)
    after = left(server)
    reused = len(made) - (after.devices - before.devices)
    assert 0 < reused < len(made) / 2  # those used again are heard of twice, and kept once
    assert after.spent - before.spent == len(made)
