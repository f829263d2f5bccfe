"""What the users of a process share: keys that nobody else has, room for devices, and the disk of the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import gevent
import pytest

from conformance.client import Credentials, Fixed, Target
from conformance.errors import UsageError
from conformance.kit import Made
from conformance.load import ledger
from conformance.load.ledger import Disk, UserJournal
from conformance.load.process import Process, Telling
from conformance.plugin.journal import Journal, remaining

HERE, THERE = Target("http://127.0.0.1:8080", "contoso.example"), Target("https://drs.example", "contoso.example")


def process(
    max_devices: int | None = None, target: Target = HERE, stop: Callable[[str | None], None] = print
) -> Process:
    telling = Telling(lambda *_: None, stop, lambda _: Journal(Path("devices.jsonl"), synced=False))
    return Process(target, Credentials(Fixed("token")), telling, max_devices)


def test_no_two_processes_have_a_key_in_common() -> None:
    one, other = process(), process()
    one.begin(0, 3)
    other.begin(2, 3)
    mine, its = one.take_keys(256), other.take_keys(256)
    assert len(mine) == len(its) == 256
    assert {key.spki_der for key in mine}.isdisjoint(key.spki_der for key in its)
    assert one.take_keys(1) == []
    one.give_back(mine[:2])
    assert one.take_keys(2) == mine[:2]


def test_the_devices_that_may_be_made_are_shared_out_and_not_one_more_is_made() -> None:
    stops: list[str | None] = []
    shares = [process(5, stop=stops.append) for _ in range(2)]
    for number, share in enumerate(shares):
        share.begin(number, 2)
    one, other = shares
    assert [one.reserve(2), one.reserve(2), one.reserve(1)] == [True, False, True]
    assert stops == []
    one.release(1)
    assert [one.reserve(1), one.reserve(1)] == [True, False]
    assert stops == [None]
    assert [other.reserve(1) for _ in range(3)] == [True, True, False]


def test_a_target_elsewhere_gets_no_device_unless_that_is_allowed() -> None:
    allowed = Target("https://drs.example", "contoso.example", devices_allowed=True)
    assert [process(target=target).joins for target in (HERE, THERE, allowed)] == [True, False, True]


def test_users_whose_devices_come_at_once_share_a_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "devices.jsonl"
    syncs: list[int] = []
    monkeypatch.setattr("os.fsync", syncs.append)
    disk = Disk(path, synced=True)
    order: list[str] = []

    def join(user: int) -> None:
        journal = UserJournal(path, synced=True, by=f"1-{user}", disk=disk)
        journal.asked(1)
        assert f'"by": "1-{user}"' in path.read_text(encoding="utf-8")  # before anything is sent
        order.append("asked")
        if user:
            journal.add(Made(f"device-{user}", f"{user:040X}"))

    gevent.joinall([gevent.spawn(join, user) for user in range(40)], raise_error=True)
    assert len(order) == 40
    assert len(syncs) <= 8  # of 79 lines
    left = remaining(path)
    assert (len(left.devices), left.unanswered) == (39, 1)


def test_a_ledger_that_cannot_be_written_is_said_to_each_who_waits(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "none" / "devices.jsonl", synced=True)
    users = [gevent.spawn(UserJournal(disk.path, synced=True, disk=disk).asked, 1) for _ in range(3)]
    gevent.joinall(users)
    assert [type(user.exception) for user in users] == [UsageError] * 3
    assert "cannot be written to" in str(users[0].exception)


def test_on_this_machine_lines_are_written_and_not_synced(tmp_path: Path) -> None:
    path = tmp_path / "devices.jsonl"
    UserJournal(path, synced=False, by="1-1", disk=ledger.Disk(path, synced=False)).asked(2)
    assert json.loads(path.read_text(encoding="utf-8"))["asked"] == 2
