"""The ledger of devices is enough to remove them by, whatever moment it was cut off at, and holds no private key."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.kit import Made
from conformance.plugin.journal import Journal, Remaining, remaining

ONE = Made("0000-1", "AA", "https://drs.test.example/device/0000-1", "MIIB")
TWO = Made("0000-2", "BB", "https://drs.test.example/device/0000-2", "MIIC")


def test_what_was_made_and_not_removed_is_left_the_latest_first(tmp_path: Path) -> None:
    ledger = tmp_path / "devices.jsonl"
    journal = Journal(ledger, synced=False)
    for made in (ONE, TWO, Made("", "CC")):
        journal.add(made)
    assert remaining(ledger).devices == (Made("", "CC"), TWO, ONE)
    journal.gone(ONE.id.upper())
    assert remaining(ledger).devices == (Made("", "CC"), TWO)
    assert [device.removed for device in journal.fresh] == [False, False, False, True]


def test_a_line_that_was_cut_off_takes_no_other_along(tmp_path: Path) -> None:
    ledger = tmp_path / "devices.jsonl"
    journal = Journal(ledger, synced=False)
    journal.add(ONE)
    journal.add(TWO)
    whole = ledger.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        ledger.write_bytes(whole[:end])
        left = remaining(ledger).devices
        assert left[-1] == ONE
        assert len(left) == 1 or end == len(whole) - 1


def test_a_writer_that_was_killed_in_a_line_takes_none_of_another_along(tmp_path: Path) -> None:
    ledger = tmp_path / "devices.jsonl"
    Journal(ledger, synced=False).add(ONE)
    whole = ledger.read_bytes()
    for end in range(len(whole)):
        ledger.write_bytes(whole[:end])
        journal = Journal(ledger, synced=False)
        journal.add(TWO)
        journal.asked(1)
        assert remaining(ledger) == Remaining((TWO, ONE) if end == len(whole) - 1 else (TWO,), 1), end


def test_requests_that_nobody_read_the_answer_of_are_counted(tmp_path: Path) -> None:
    ledger = tmp_path / "devices.jsonl"
    journal = Journal(ledger, synced=False)
    journal.asked(1)
    assert remaining(ledger).unanswered == 1
    journal.asked(3)  # the one before was answered, and refused
    journal.add(ONE)
    assert remaining(ledger).unanswered == 2
    with ledger.open("a", encoding="ascii") as file:
        file.write('{"asked": 1, "by": 7}\n')  # another worker
    assert remaining(ledger).unanswered == 3
    journal.close()
    assert remaining(ledger).unanswered == 1


def test_it_is_synced_where_a_device_costs_somebody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is on the disk when `add` returns, and `add` returns before the next request is sent."""
    synced: list[bytes] = []
    ledger = tmp_path / "devices.jsonl"
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(ledger.read_bytes()))
    Journal(ledger, synced=False).add(ONE)
    assert synced == []
    Journal(ledger, synced=True).add(TWO)
    assert json.loads(synced[0].splitlines()[1])["id"] == TWO.id


@pytest.mark.parametrize(
    "text",
    [
        *("nonsense\n", "[]\n", '"x"\n', "[" * 100_000 + "\n", '{"id": null}\n', '{"id": "x", "by": []}\n'),
        *('{"id": "x", "asked": "1"}\n', '{"asked": NaN}\n', '{"asked": 1e999}\n', '{"asked": 1, "by": {}}\n'),
    ],
)
def test_another_file_is_refused_by_its_line(tmp_path: Path, text: str) -> None:
    ledger = tmp_path / "other.jsonl"
    ledger.write_text(f'{{"id": "x"}}\n{text}{{}}\n', encoding="ascii")
    with pytest.raises(UsageError, match=r"other.jsonl', line 2, is no device; name the devices.jsonl of a run"):
        remaining(ledger)


@pytest.mark.parametrize("octets", [b"nonsense", b"\0" * 300, b"\n", b"\0{}", b"[]", b"{}"])
def test_a_file_that_does_not_begin_as_a_ledger_is_none(tmp_path: Path, octets: bytes) -> None:
    ledger = tmp_path / "other.jsonl"
    ledger.write_bytes(octets)
    with pytest.raises(UsageError, match=r"other.jsonl', line 1, is no device; name the devices.jsonl of a run"):
        remaining(ledger)


def test_a_ledger_is_read_up_to_where_its_writer_or_the_machine_stopped(tmp_path: Path) -> None:
    ledger = tmp_path / "devices.jsonl"
    for octets in (b"", b'{"asked": 1, "at"', b'{"asked": 1, "at"\n\n'):
        ledger.write_bytes(octets)
        assert remaining(ledger) == Remaining(()), octets
    ledger.write_bytes(b'{"asked": 1}\n' + b"\0" * 300)
    assert remaining(ledger) == Remaining((), 1)


def test_a_ledger_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read \(No such file or directory\); name the devices.jsonl"):
        remaining(tmp_path / "no.jsonl")
