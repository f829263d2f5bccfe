"""Runs of the command as a process of its own, and what they leave behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conformance.server import Settings, running
from conformance.server.settings import Ready

COMMAND = [sys.executable, "-m", "conformance"]
PYTEST = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--pyargs", "conformance"]
STATUS = {"conformant": 0, "nonconformant": 1, "incomplete": 3}


@dataclass(frozen=True)
class Ran:
    """A run that ended: its status, what it said, and the folder it wrote into."""

    status: int
    said: str
    warned: str
    out: Path

    @property
    def results(self) -> dict[str, Any]:
        """results.json."""
        value: dict[str, Any] = json.loads((self.out / "results.json").read_text(encoding="utf-8"))
        return value

    @property
    def stream(self) -> list[dict[str, Any]]:
        """results.jsonl."""
        return [json.loads(line) for line in (self.out / "results.jsonl").read_text(encoding="utf-8").splitlines()]

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict on each requirement."""
        return {item["id"]: item["verdict"] for item in self.results["requirements"]}

    def check(self) -> Ran:
        """Whatever came of it: everything is written, agrees, and nothing is a traceback."""
        kinds = [line["record"] for line in self.stream]
        assert kinds[0] == "header"
        assert kinds[-1] == "footer"
        assert kinds.count("header") == kinds.count("footer") == 1
        assert self.status == STATUS[self.results["verdict"]] == self.results["exit_status"]
        assert len(self.results["why"]) < 400
        assert ET.parse(self.out / "junit.xml").getroot().tag == "testsuites"
        assert (self.out / "index.html").stat().st_size > 1000
        assert "Traceback" not in self.said + self.warned
        assert "INTERNALERROR" not in self.said + self.warned
        assert not list(self.out.glob(".*"))
        assert not (self.out.parent.parent / ".hypothesis").exists()  # where the command was given
        return self

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Everything that can be read of the run: both streams of output, and each file."""
        yield "stdout", self.said.encode()
        yield "stderr", self.warned.encode()
        for path in self.out.parent.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()


def variables() -> dict[str, str]:
    """The environment without anything that would reach the run by accident."""
    stray = ("DRS_", "PYTEST_", "COLUMNS", "CI", "__TOX")  # in CI, Hypothesis has settings of its own
    kept = {key: value for key, value in os.environ.items() if not key.startswith(stray)}
    return kept | {"PYTHONUNBUFFERED": "", "NO_COLOR": "1"}


class Started:
    """A run that was started, in a session of its own so that no child of it can hide."""

    def __init__(self, words: list[str], cwd: Path, environment: dict[str, str], out: Path) -> None:
        self.out = out
        self.process = subprocess.Popen(
            words, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip

    def end(self) -> Ran:
        """Waits for its end."""
        said, warned = self.process.communicate(timeout=110)
        return Ran(self.process.returncode, said or "", warned, self.out)

    def signal(self, number: int) -> None:
        """Sends it a signal."""
        self.process.send_signal(number)

    def descendants(self) -> list[int]:
        """The processes it has started, and theirs."""
        found = [self.process.pid]
        for parent in found:
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{parent}/task").iterdir():
                    found += [int(pid) for pid in (task / "children").read_text().split()]
        return found[1:]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """`start("--select", "x")` starts the command, writing below `tmp_path`; `words` starts another program."""
    started: list[Started] = []

    def begin(*options: str, words: list[str] | None = None, **environment: str) -> Started:
        out = tmp_path / f"run-{len(started)}" / "out"
        out.parent.mkdir()
        flag = "--out" if words is None else "--drs-out"
        command = [*(words or COMMAND), flag, str(out), *options]
        started.append(Started(command, tmp_path, variables() | environment, out))
        return started[-1]

    yield begin
    for run in started:
        if run.process.poll() is None:
            os.killpg(run.process.pid, signal.SIGKILL)
            run.process.communicate()


@pytest.fixture
def drs(start: Callable[..., Started]) -> Callable[..., Ran]:
    """`drs("--select", "x")` runs the command to its end."""
    return lambda *options, **more: start(*options, **more).end()


@pytest.fixture(scope="session")
def server() -> Iterator[Ready]:
    """A reference server in a thread of this process."""
    with running(Settings()) as ready:
        yield ready


Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def answering() -> Iterator[Callable[[Callable[[str, str, dict[str, str], bytes], Answer]], str]]:
    """`answering(handler)` serves what the handler makes of method, path, headers and body; gives the URL."""
    servers: list[ThreadingHTTPServer] = []

    def serve(handler: Callable[[str, str, dict[str, str], bytes], Answer]) -> str:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, content = handler(self.command, self.path, dict(self.headers.items()), body)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
