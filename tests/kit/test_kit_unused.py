"""Which keys the requests of a session get: none that a device has, as long as a target may certify a key once only."""

from __future__ import annotations

import pytest

from conformance.codec import base64
from conformance.generate import keys
from conformance.kit.unused import Unused


def certify(unused: Unused, number: int) -> keys.PoolKey:
    key = unused.nth(number)
    unused.certified(base64.encode(b"before" + key.spki_der + b"behind"))
    return key


def test_a_number_has_its_key_until_a_device_has_it() -> None:
    unused = Unused()
    assert [unused.nth(number) for number in range(32)] == [keys.nth(number) for number in range(32)]
    taken = certify(unused, 33)
    assert (taken, unused.nth(33), unused.nth(1)) == (keys.nth(1), keys.paired(0), keys.paired(0))
    assert unused.nth(2) == keys.nth(2)
    assert unused.new() == keys.paired(1), "which no number has either"


@pytest.mark.parametrize("raw", ["", "no base64", "AAAA", "\N{SNOWMAN}"])
def test_what_is_no_certificate_of_ours_takes_no_key(raw: str) -> None:
    unused = Unused()
    unused.certified(raw)
    assert unused.new() == keys.paired(0)


def test_after_some_devices_it_is_worth_asking_and_then_it_is_known() -> None:
    unused = Unused()
    taken = [certify(unused, number) for number in range(15)]
    assert unused.doubtful() is None
    taken.append(certify(unused, 15))
    assert unused.doubtful() == taken[-1]
    unused.once = False
    assert unused.doubtful() is None
    assert certify(unused, 16) == unused.nth(16) == keys.nth(16)
    unused.once = True
    assert certify(unused, 16) != unused.nth(16)


def test_new_keys_start_over_when_there_are_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "pairs", lambda: 2)
    unused = Unused()
    assert [unused.new() for _ in range(3)] == [keys.paired(0), keys.paired(1), keys.paired(0)]
