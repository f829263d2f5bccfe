"""Servers that refuse all, break at all, say yes to all or say nothing are never conformant; results are written."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from conformance.results import Footer, load

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiJ4IiwidXBuIjoidSJ9.c2lnbmF0dXJl"
TENANT = "11111111-2222-4333-8444-555555555555"


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that answers the same to everything."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def silent() -> Iterator[str]:
    """A server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    kept.append(listening.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def run(url: str, out: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    command = [sys.executable, "-m", "conformance", "run", "--target", url, "--tenant", TENANT, "--token", JWT]
    done = subprocess.run(
        [*command, "--domain", "contoso.example", "--out", str(out), "--profile", "quick", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    assert (out / "junit.xml").is_file()
    assert (out / "index.html").is_file()
    assert isinstance(load(out / "results.jsonl")[-1], Footer)
    return done.returncode, json.loads((out / "results.json").read_text()), done.stdout + done.stderr


def verdicts(results: dict[str, Any]) -> dict[str, str]:
    return {item["id"]: item["verdict"] for item in results["requirements"]}


def test_who_refuses_everything_passes_nothing(tmp_path: Path) -> None:
    with answering(400, b'{"code": "invalid_request", "message": "no"}') as url:
        status, results, output = run(url, tmp_path)
    assert status in {1, 3}, output
    passed = {id_ for id_, verdict in verdicts(results).items() if verdict == "pass"}
    assert not passed, passed
    assert "inconclusive" in verdicts(results).values()


@pytest.mark.parametrize(("code", "body"), [(500, b"oops"), (200, b"{}"), (302, b""), (404, b""), (204, b"")])
def test_who_answers_the_same_to_all_is_not_conformant(code: int, body: bytes, tmp_path: Path) -> None:
    with answering(code, body) as url:
        status, results, output = run(url, tmp_path)
    assert status in {1, 3}, output
    assert results["verdict"] in {"nonconformant", "incomplete"}
    if code in {500, 200, 302, 204}:
        assert status == 1, output


def test_who_says_nothing_is_given_up(tmp_path: Path) -> None:
    with silent() as url:
        status, results, output = run(url, tmp_path, "--timeout", "2")
    assert (status, results["verdict"]) == (3, "incomplete")
    assert "gives no answer" in output
    assert "pass" not in verdicts(results).values()
