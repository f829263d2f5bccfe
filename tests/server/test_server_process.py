"""`drs-conformance serve` as a process: its first line, its end, and what it says when it cannot start."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from conformance.codec import der
from conformance.server import Settings, running
from conformance.server.hosting import hosted
from conformance.server.listening import Listening
from conformance.server.peer import PeerProtocol
from server.server_draft import Driver, b64, certificate, csr
from server.serving_draft import Served, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from conformance.server import Ready


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Any]:
    """`serving(*options)` starts one; whatever still runs at the end is ended."""
    started: list[subprocess.Popen[str]] = []

    def serve(*options: str) -> Served:
        started.append(start(*options, TMPDIR=str(tmp_path)))
        return Served(started[-1])

    yield serve
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


def fails(*options: str) -> str:
    """The one sentence on standard error of a server that does not start; status 2, and nothing on standard output."""
    process = start(*options)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")
    assert "Traceback" not in err
    return err.strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_line_says_all_and_a_signal_ends_it_cleanly(serving: Any, tmp_path: Path, number: int) -> None:
    began = time.monotonic()
    served = serving()
    assert time.monotonic() - began < 10
    assert set(served.line) == {"url", "tenant", "domain", "token", "upn", "challenge", "ca", "more"}
    assert set(served.line["more"]["token"]) == {"endpoint", "client_id", "username", "password", "resource"}
    assert Path(served.line["ca"]).read_text(encoding="ascii").startswith("-----BEGIN CERTIFICATE-----")
    with httpx.Client() as idle:  # a client that stays connected does not keep it
        url = f"{served.line['url']}/{served.line['tenant']}/Discover?api-version=1.9"
        assert idle.get(url).status_code == 200
        assert idle.post(served.line["url"] + "/EnrollmentServer/device/", content=b"\xff" * 99).status_code == 400
        status, out, err = served.end(number)
        assert (status, out) == (0, "")
        assert re.fullmatch(r"\S+ \S+ GET /.* 200 in .*\n\S+ \S+ POST /.* 400 in .* ms: .*\n", err)
    assert list(tmp_path.iterdir()) == []


def test_a_connection_that_nobody_told_of_the_end_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one is that comes while the others are told: browsers open some before they need them."""
    monkeypatch.setattr(PeerProtocol, "shutdown", lambda _: None)
    with running(Settings()) as ready:
        url = urlsplit(ready.url)
        idle = socket.create_connection((url.hostname, url.port), timeout=1)
        time.sleep(0.2)  # until it is accepted
    with idle:
        assert idle.recv(1) == b""


@pytest.mark.parametrize("steps", range(6))
def test_a_connection_that_is_just_accepted_is_ended_too(steps: int) -> None:
    """At each step of the loop from a client's connecting to its being known: asyncio loses it where it closes then."""

    async def ends(server: Listening, listener: socket.socket, place: tuple[str, int]) -> socket.socket:
        await server.startup([listener])
        client = socket.create_connection(place, timeout=1)
        for _ in range(steps):
            await asyncio.sleep(0)
        await server.shutdown([listener])
        return client

    with hosted(Settings()) as (config, listener, _):
        server = Listening(config, lambda: None)
        server.lifespan = config.lifespan_class(config)
        with ThreadPoolExecutor(1) as own:  # a browser driven in this thread leaves its loop running there
            client = own.submit(asyncio.run, ends(server, listener, listener.getsockname())).result()
    with client, contextlib.suppress(ConnectionResetError):  # where nobody accepted it
        assert client.recv(1) == b""
    gc.collect()  # a transport that was lost warns here


def test_a_client_that_does_not_answer_the_end_of_tls_is_ended_too() -> None:
    """Its connection is closed twice: when its time is up, to which it says nothing, and when the server ends."""

    def idle(ready: Ready) -> ssl.SSLSocket:
        place = urlsplit(ready.url)
        assert place.hostname is not None
        trust = ssl.create_default_context(cafile=ready.ca)
        raw = socket.create_connection((place.hostname, place.port), timeout=5)
        client = trust.wrap_socket(raw, server_hostname=place.hostname)
        client.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(1) == b"H"
        return client

    async def ends(server: Listening, listener: socket.socket, ready: Ready) -> ssl.SSLSocket:
        await server.startup([listener])
        client = await asyncio.to_thread(idle, ready)
        await asyncio.sleep(0.2)  # until its time is up
        await server.shutdown([listener])
        return client

    with hosted(Settings(tls=True)) as (config, listener, ready):
        config.timeout_keep_alive = 0
        server = Listening(config, lambda: None)
        server.lifespan = config.lifespan_class(config)
        with ThreadPoolExecutor(1) as own:
            client = own.submit(asyncio.run, ends(server, listener, ready)).result()
        assert server.server_state.connections == set()
    with client:
        gc.collect()  # a transport that was lost warns here


def test_it_listens_on_loopback_only(serving: Any) -> None:
    url = serving().line["url"]
    port = int(url.rpartition(":")[2])
    assert url == f"http://127.0.0.1:{port}"
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=1):  # noqa: PT011 - any refusal
        pass


def test_tls_has_a_certificate_of_the_ca_in_the_ready_line(serving: Any, keys: tuple[RSAPrivateKey, ...]) -> None:
    served = serving("--tls")
    with httpx.Client(base_url=served.ready.url, verify=ssl.create_default_context(cafile=served.ready.ca)) as http:
        assert served.ready.url.startswith("https://")
        certificate(Driver(served.ready, http, keys[0]).join())
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.ready.url)
    assert served.end()[0] == 0


def test_a_port_in_use_is_one_sentence(serving: Any) -> None:
    port = serving().line["url"].rpartition(":")[2]
    assert f"--port {port}" in fails("--port", port)
    assert "in use" in fails("--port", port)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--port", "70000"), "0 and 65535"),
        (("--port", "-1"), "0 and 65535"),
        (("--defect", "speaks_old_tls"), "--defect speaks_old_tls is one of TLS, which is not spoken; add --tls"),
        (("--defect", "allows-private-prime"), "allows-private-primes"),
        (("--like", "fields"), "field"),
        (("--state", "/nowhere/state.sqlite"), "/nowhere is not a folder"),
        (("--state", "/"), "is a folder"),
    ],
)
def test_values_that_would_not_do_are_named(options: tuple[str, ...], words: str) -> None:
    assert words in fails(*options)


def test_a_state_file_that_is_not_one_is_named(tmp_path: Path) -> None:
    text, foreign, empty = tmp_path / "notes.txt", tmp_path / "other.sqlite", tmp_path / "empty"
    text.write_text("not a database, but longer than a header of SQLite would be\n" * 99, encoding="ascii")
    with sqlite3.connect(foreign) as db:
        db.execute("create table mine (x)")
    db.close()
    empty.touch()
    assert "not a database" in fails("--state", str(text))
    assert "another program" in fails("--state", str(foreign))
    assert text.read_text(encoding="ascii").startswith("not a database")


def test_a_state_file_that_may_not_be_made_is_named() -> None:
    assert "/proc" in fails("--state", "/proc/state.sqlite")


def test_a_state_file_carries_keys_devices_and_nonces_on(
    serving: Any, tmp_path: Path, keys: tuple[RSAPrivateKey, ...]
) -> None:
    state = ["--state", str(tmp_path / "state.sqlite")]
    first = serving(*state)
    with httpx.Client(base_url=first.ready.url) as http:
        drs = Driver(first.ready, http, keys[0])
        spent, unspent = (csr(keys[0], nonce=der.utf8_string(drs.nonce())) for _ in range(2))
        device = certificate(drs.join_csr(spent))
    ca = Path(first.ready.ca).read_text(encoding="ascii")
    first.process.kill()  # what was acknowledged is kept, however it ends
    first.process.communicate()
    second = serving(*state)
    with httpx.Client(base_url=second.ready.url) as http:
        drs = Driver(second.ready, http, keys[0])
        assert Path(second.ready.ca).read_text(encoding="ascii") == ca
        assert drs.devices() == 1
        again = certificate(drs.join(Attributes={"ReuseDevice": True}))
        assert again.subject == device.subject
        assert drs.join_csr(spent).status_code == 400
        assert drs.join(CertificateRequest={"Type": "pkcs10", "Data": b64(unspent)}).status_code == 201
    assert second.end()[0] == 0
    assert (tmp_path / "state.sqlite").stat().st_mode & 0o077 == 0
