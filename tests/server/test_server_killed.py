"""A server with a state file is killed under load, again and again: what it acknowledged is there when it is back."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from conformance.codec import der
from server.server_draft import Driver, body, certificate, csr, refused
from server.serving_draft import Served, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KILLS = {"1": 12, "2": 6}  # by the number of workers
CLIENTS = 3


@dataclass
class Told:
    """What the server acknowledged: the devices, the requests whose nonce is spent, the nonces that are not."""

    devices: list[str] = field(default_factory=list)
    spent: list[bytes] = field(default_factory=list)
    nonces: list[str] = field(default_factory=list)


def name(answer: httpx.Response) -> str:
    """The device id of an accepted join."""
    return certificate(answer).subject.rfc4514_string().removeprefix("CN=")


def request(drs: Driver, nonce: str) -> bytes:
    return csr(drs.key, nonce=der.utf8_string(nonce))


def ask(drs: Driver, told: Told) -> None:
    """Nonces and joins, one after the other, until the server is gone."""
    try:
        while True:
            told.nonces.append(drs.nonce())
            sent = request(drs, drs.nonce())
            told.devices.append(name(drs.join_csr(sent)))
            told.spent.append(sent)
    except httpx.TransportError:
        pass


@contextmanager
def asked(served: Served, key: RSAPrivateKey, told: Told) -> Iterator[None]:
    """Several clients ask for as long as the server is there; it is to be gone at the end."""
    with ExitStack() as stack:
        https = [stack.enter_context(httpx.Client(base_url=served.ready.url)) for _ in range(CLIENTS)]
        threads = [threading.Thread(target=ask, args=(Driver(served.ready, http, key), told)) for http in https]
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.join()


def holds(first: Served, key: RSAPrivateKey, told: Told) -> None:
    """All that was told is so, for a client that knows the first server's line; of the nonces a few are tried."""
    with httpx.Client(base_url=first.ready.url) as http:
        drs = Driver(first.ready, http, key)
        gone = [one for one in told.devices if http.get(f"/management/device/{one}").status_code != 200]
        assert not gone, f"{len(gone)} of {len(told.devices)} devices are gone"
        for sent in told.spent[-5:]:
            refused(drs.join_csr(sent), "used before")
        for nonce in told.nonces[-2:]:
            told.devices.append(name(drs.join_csr(request(drs, nonce))))
        told.nonces.clear()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """`serve(*options)` starts one on the state file of the test; none outlives it."""
    started: list[Served] = []

    def serve(*options: str) -> Served:
        options = ("--quiet", "--state", str(tmp_path / "state.sqlite"), *options)
        started.append(Served(start(*options, TMPDIR=str(tmp_path))))
        return started[-1]

    yield serve
    for served in started:
        with suppress(ProcessLookupError):
            served.kill()


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.timeout(300)
def test_nothing_acknowledged_is_lost(serve: Any, keys: tuple[RSAPrivateKey, ...], workers: str) -> None:
    told, chance = Told(), random.Random(workers)
    first = served = serve("--workers", workers)
    ca = Path(first.ready.ca).read_text(encoding="ascii")
    for _ in range(KILLS[workers]):
        with asked(served, keys[0], told):
            time.sleep(chance.uniform(0.05, 0.5))
            served.kill()
        served = serve("--workers", workers, "--port", first.ready.url.rpartition(":")[2])
        assert (served.ready.url, served.line["more"]) == (first.ready.url, first.line["more"])
        assert Path(served.ready.ca).read_text(encoding="ascii") == ca
        holds(first, keys[0], told)
    assert len(told.devices) > 5 * KILLS[workers], "there was no load to speak of"
    assert served.end() == (0, "", "")


def test_a_worker_that_is_killed_is_replaced(serve: Any, keys: tuple[RSAPrivateKey, ...]) -> None:
    served = serve("--workers", "2")
    workers = served.workers()
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    deadline = time.monotonic() + 30
    while len(served.workers()) < 2 or workers[0] in served.workers():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    told = Told()
    with asked(served, keys[0], told):
        time.sleep(0.3)
        status, out, err = served.end(signal.SIGTERM)
    assert (status, out) == (0, "")
    assert err == f"drs-conformance: worker {workers[0]} ended with status -9; another takes its place\n"
    assert told.devices


def test_workers_do_not_outlive_their_parent(serve: Any) -> None:
    served = serve("--workers", "2")
    workers = served.workers()
    served.process.kill()
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    again = serve("--port", served.ready.url.rpartition(":")[2])
    assert again.ready.url == served.ready.url


def test_of_the_same_nonce_one_join_comes_through_whichever_worker_it_meets(
    serve: Any, keys: tuple[RSAPrivateKey, ...]
) -> None:
    served = serve("--workers", "3")
    with httpx.Client(base_url=served.ready.url) as http:
        drs = Driver(served.ready, http, keys[0])
        for _ in range(5):
            sent = request(drs, drs.nonce())

            def join(_: int, sent: bytes = sent) -> int:
                with httpx.Client(base_url=served.ready.url) as own:  # a connection of its own: any worker takes it
                    return Driver(served.ready, own, keys[0]).join_csr(sent).status_code

            with ThreadPoolExecutor(8) as pool:
                assert sorted(pool.map(join, range(8))) == [201] + [400] * 7
        assert drs.devices() == 5


def test_a_request_that_is_under_way_is_finished(serve: Any, keys: tuple[RSAPrivateKey, ...]) -> None:
    served = serve("--workers", "2")
    content = json.dumps(body(keys[0])).encode()

    def slowly() -> Iterator[bytes]:
        yield content[:100]
        served.process.send_signal(signal.SIGTERM)
        time.sleep(1.5)
        yield content[100:]

    with httpx.Client(base_url=served.ready.url) as http:
        headers = {"Authorization": f"Bearer {served.ready.token}", "Content-Type": "application/json"}
        answer = http.post("/EnrollmentServer/device/?api-version=2.0", content=slowly(), headers=headers)
        certificate(answer)
    out, err = served.process.communicate(timeout=30)
    assert (served.process.returncode, out, err) == (0, "", "")


def test_healthz_tells_whether_state_can_be_kept(serve: Any, tmp_path: Path) -> None:
    served = serve()
    state = sqlite3.connect(tmp_path / "state.sqlite", isolation_level=None)
    with closing(state), httpx.Client(base_url=served.ready.url, timeout=30) as http:
        assert (http.get("/healthz").status_code, http.get("/healthz").json()) == (200, {"status": "ok"})
        state.execute("begin exclusive")  # another program holds the file
        answer = http.get("/healthz")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        state.execute("rollback")
        assert http.get("/healthz").status_code == 200
