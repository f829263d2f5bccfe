"""`serve --chaos SEED`: trouble that is announced, that comes again with its seed, and that says what was done."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from conformance.server import Settings, running
from conformance.server.chaos import HEADER, KINDS, Chaos
from server.server_draft import Driver
from server.serving_draft import start

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from conformance.server.chaos import Ordeal

JOINS = 60


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.server.chaos.SLOW", (0.01, 0.02))


def planned(seed: int, number: int) -> list[Ordeal | None]:
    chaos = Chaos(seed)
    return [chaos("/enrollmentserver/device") for _ in range(number)]


def joined(key: RSAPrivateKey, seed: int) -> tuple[list[Any], int]:
    """What a client sees of each join: status and announcement, or how the connection ended; and the devices made."""
    seen: list[Any] = []
    with running(Settings(chaos=seed)) as ready, httpx.Client(base_url=ready.url) as http:
        drs = Driver(ready, http, key)
        for _ in range(JOINS):
            try:
                answer = drs.join()
                seen.append((answer.status_code, answer.headers.get(HEADER, "").partition(":")[0]))
                if answer.status_code in (429, 503):
                    assert answer.headers["retry-after"] in ("1", "2", "3")
            except httpx.TransportError as error:
                seen.append(type(error))
        return seen, drs.devices()


def test_the_same_seed_is_the_same_trouble() -> None:
    assert planned(7, 300) == planned(7, 300)
    assert planned(7, 300) != planned(8, 300)
    kinds = Counter(ordeal.kind for ordeal in planned(7, 3000) if ordeal)
    assert set(kinds) == set(KINDS)
    assert 800 < kinds.total() < 1200


def test_each_kind_is_what_it_says(keys: tuple[RSAPrivateKey, ...]) -> None:
    plan = [ordeal.kind if ordeal else "" for ordeal in planned(3, JOINS)]
    assert {*plan} == {"", *KINDS}
    seen, devices = joined(keys[0], 3)
    expected = {
        "": (201, ""),
        "throttled": (429, "throttled"),
        "busy": (503, "busy"),
        "expired": (401, "expired"),
        "slow": (201, "slow"),
        "lost": httpx.ReadError,
        "unheard": httpx.ReadError,
        "cut": httpx.RemoteProtocolError,
    }
    assert seen == [expected[kind] for kind in plan]
    assert devices == sum(kind in ("", "slow", "unheard", "cut") for kind in plan)
    assert joined(keys[0], 3) == (seen, devices)


def test_the_header_says_what_was_done_and_why() -> None:
    ordeal = next(ordeal for ordeal in planned(1, 100) if ordeal and ordeal.kind == "busy")
    said = f"busy: 503 with Retry-After; nothing was done (request {ordeal.number} of seed 1)"
    assert ordeal.header == {"DRS-Chaos": said}


def test_the_management_interface_is_spared() -> None:
    chaos = Chaos(7)
    assert all(chaos(path) is None for path in ["/management/state", "/healthz"] * 100)
    assert [chaos("/x") for _ in range(50)] == planned(7, 50)


def test_without_being_asked_there_is_none(keys: tuple[RSAPrivateKey, ...]) -> None:
    with running(Settings()) as ready, httpx.Client(base_url=ready.url) as http:
        drs = Driver(ready, http, keys[0])
        answers = [drs.join() for _ in range(30)]
    assert {(answer.status_code, answer.headers.get(HEADER)) for answer in answers} == {(201, None)}


def test_several_workers_have_no_order_to_count_in() -> None:
    process = start("--chaos", "1", "--workers", "2")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (2, "")
    assert "leave out --workers 2, or --chaos" in err
