"""Killed at any moment, and over and over: the ledger accounts for every device that the server has."""

from __future__ import annotations

import os
import random
import signal
import time
import urllib.request
from collections.abc import Iterator
from json import load
from pathlib import Path
from typing import Any

import pytest

from conformance.client import Secrets, Transport
from conformance.kit import Session, profile
from conformance.plugin.embedded import ReferenceServer, credentials_of, target_of
from conformance.plugin.journal import Journal, remaining

KILLS = 50


@pytest.fixture
def ready() -> Iterator[dict[str, Any]]:
    """What a reference server in a process of its own says of itself."""
    server = ReferenceServer()
    yield server.ready
    server.stop()


def join_for_ever(ready: dict[str, Any], ledger: Path) -> None:
    """What a run does, without pytest: one device after the other."""
    target = target_of(ready, 10.0)
    secrets, journal = Secrets(), Journal(ledger, synced=False)
    session = Session(target, credentials_of(ready, target), secrets, Transport(target, secrets), profile("quick"))
    session.on_join, session.on_device = journal.asked, journal.add
    while True:
        session.join(session.draft(), "a join")


def wait(ledger: Path, more: int) -> None:
    """Until so many more lines were written: one says that a device is asked for, the next that it was made.

    On a machine that is busy a child may take seconds to begin, so that it is no use to wait for so long and no longer.
    """
    before = lines(ledger)
    ends = time.monotonic() + 30
    while lines(ledger) < before + more and time.monotonic() < ends:
        time.sleep(0.002)


def lines(ledger: Path) -> int:
    return ledger.read_bytes().count(b"\n") if ledger.exists() else 0


def test_every_device_is_accounted_for(ready: dict[str, Any], tmp_path: Path) -> None:
    ledger = tmp_path / "devices.jsonl"
    chance = random.Random(7)
    for _ in range(KILLS):
        child = os.fork()
        if not child:
            try:
                join_for_ever(ready, ledger)
            finally:
                os._exit(1)
        wait(ledger, chance.randint(1, 7))
        time.sleep(chance.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status)
    with urllib.request.urlopen(ready["more"]["state"]) as answer:
        there = load(answer)["devices"]
    left = remaining(ledger)
    assert KILLS < len(left.devices) <= there <= len(left.devices) + left.unanswered
    assert left.unanswered <= KILLS
    assert all(device.url.endswith(f"/device/{device.id}?api-version=1.0") for device in left.devices)
    assert all(device.certificate for device in left.devices)
