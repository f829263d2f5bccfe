"""Whatever a target sends, a run ends in bounded time and memory, with a verdict and every file, and tells nobody else.

Each hostile answer is given where a run begins (discovery) and where it comes late (the join).
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.results import Footer, load
from conformance.server import Settings, running
from conformance.server.settings import Ready
from run.hostile_target import EVERYWHERE, Call, Hostile, hostile_target

MEMORY = 400 * 1024  # KiB
# Between this process and the run, since the kernel counts what a parent held when it forked as its child's.
MEASURED = """
import json, resource, subprocess, sys
with open(sys.argv[1], "wb") as said:
    status = subprocess.call(sys.argv[2:], stdout=said, stderr=said)
print(json.dumps([status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""
SECONDS = 100
DISCOVERY, JOIN = b"/%b/discover", b"/enrollmentserver/device"


@pytest.fixture(scope="module")
def server() -> Iterator[Ready]:
    with running(Settings()) as ready:
        yield ready


class Elsewhere:
    """A host that no request should reach; `heard` is what did."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                with self._listener.accept()[0] as connection:
                    self.heard.append(connection.recv(65536))

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    other = Elsewhere()
    yield other
    other.close()


def run(url: str, server: Ready, out: Path, *select: str, **variables: str) -> tuple[int, dict[str, Any], str]:
    """Runs the command to its end: status, results.json and what it said; held to time, memory and its files."""
    words = ["--target", url, "--tenant", server.tenant, "--domain", server.domain, "--out", str(out)]
    words += ["--profile", "quick", "--timeout", "1", *(word for id_ in select for word in ("--select", id_))]
    out.parent.mkdir(exist_ok=True)
    before = time.monotonic()
    words = [sys.executable, "-m", "conformance", "run", *words]
    measured = subprocess.run(
        [sys.executable, "-c", MEASURED, str(out.parent / "said"), *words],
        env={**os.environ, "DRS_TOKEN": server.token, **variables},
        stdout=subprocess.PIPE,
        check=True,
    )
    status, memory = json.loads(measured.stdout)
    text = (out.parent / "said").read_text()
    assert time.monotonic() - before < SECONDS
    assert memory < MEMORY
    assert "Traceback" not in text, text
    for name in ("junit.xml", "index.html", "results.json"):
        assert (out / name).stat().st_size
    assert isinstance(load(out / "results.jsonl")[-1], Footer)
    results: dict[str, Any] = json.loads((out / "results.json").read_text())
    assert results["exit_status"] == status
    return status, results, text


@pytest.mark.parametrize("hostile", EVERYWHERE, ids=lambda hostile: hostile.__name__.replace("_", "-"))
@pytest.mark.parametrize("place", ["discovery", "join"])
def test_a_run_ends_well(place: str, hostile: Hostile, server: Ready, elsewhere: Elsewhere, tmp_path: Path) -> None:
    port = int(server.url.rpartition(":")[2])
    path = DISCOVERY % server.tenant.encode() if place == "discovery" else JOIN
    chosen = "discovery/tenant-id" if place == "discovery" else "join-request/csr-cn"
    with hostile_target(port, path, hostile, elsewhere.port) as url:
        status, results, text = run(url, server, tmp_path / "out", chosen)
    assert status in {1, 3}, text
    assert "pass" not in {item["verdict"] for item in results["requirements"] if item["id"] == chosen}, text
    assert not elsewhere.heard


def leading(to: Callable[[Call], str]) -> Hostile:
    """Discovery whose JoinEndpoint leads somewhere else."""

    def hostile(call: Call) -> None:
        place = to(call)
        join = {"JoinEndpoint": f"{place}/EnrollmentServer/device/", "JoinResourceId": "urn:x", "ServiceVersion": "2.0"}
        call.answer(json.dumps({"DeviceJoinService": join}).encode())

    return hostile


def test_a_host_that_is_allowed_gets_the_token(server: Ready, elsewhere: Elsewhere, tmp_path: Path) -> None:
    """The JoinEndpoint of this discovery is the reference server's own, which is another host than the one asked."""
    port = int(server.url.rpartition(":")[2])
    hostile = leading(lambda _: server.url)
    allowed = {"DRS_ALLOW_HOST": f"127.0.0.1:{port}"}
    with hostile_target(port, DISCOVERY % server.tenant.encode(), hostile, elsewhere.port) as url:
        chosen = ("join-request/csr-cn", "field-services/other-hosts")
        _, kept, _ = run(url, server, tmp_path / "a" / "out", *chosen)
        _, sent, text = run(url, server, tmp_path / "b" / "out", *chosen, **allowed)
    verdicts = [{item["id"]: item["verdict"] for item in results["requirements"]} for results in (kept, sent)]
    assert [found["join-request/csr-cn"] for found in verdicts] == ["inconclusive", "pass"], text
    for results in (kept, sent):
        seen = {item["ambiguity"]: item["reading"] for item in results["observations"]}
        assert seen["field-services/other-hosts"] == "does"


@pytest.mark.parametrize(
    "place",
    ["http://127.0.0.1:{elsewhere}", "file:///etc/passwd", "http://169.254.169.254", "http://[fe80::1]", "gopher://x"],
)
def test_discovery_leads_nobody_anywhere(place: str, server: Ready, elsewhere: Elsewhere, tmp_path: Path) -> None:
    port = int(server.url.rpartition(":")[2])
    hostile = leading(lambda call: place.format(elsewhere=call.elsewhere))
    with hostile_target(port, DISCOVERY % server.tenant.encode(), hostile, elsewhere.port) as url:
        status, results, text = run(url, server, tmp_path / "out", "join-request/csr-cn", "discovery/join-endpoint")
    assert status in {1, 3}, text
    assert not any(server.token.encode() in heard for heard in elsewhere.heard)
    assert "pass" not in {item["verdict"] for item in results["requirements"] if item["id"] == "join-request/csr-cn"}
