"""Sending again: the command, run by a shell, puts the same request on the wire; octets are marked where they are."""

from __future__ import annotations

import shlex
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from conformance.exchange import REDACTED, Request
from conformance.report import octets, resend
from conformance.results import EditRecord, Header


class Recorder(BaseHTTPRequestHandler):
    seen: tuple[str, str, dict[str, str], bytes]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        type(self).seen = (self.command, self.path, dict(self.headers.items()), body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET = do_HEAD = do_PURGE = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Recorder) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize("method", ["POST", "GET", "HEAD", "PURGE"])
def test_the_command_sends_the_same_request(
    require_tool: Callable[[str], str], server: HTTPServer, tmp_path: Path, method: str
) -> None:
    require_tool("curl")
    body = b"" if method in {"GET", "HEAD"} else b'{"a": "\'$HOME`\\n\xff\x00"}\r\n'
    url = f"http://127.0.0.1:{server.server_port}/a/../b'c/[x]{{y}}?q=$HOME&r=%00"
    headers = (
        ("Authorization", f"Bearer {REDACTED}"),
        ("X-Quote", 'it\'s "$HOME"'),
        ("X-Empty", ""),
        ("Content-Length", "7"),
    )
    request = Request(method, url, headers, body)
    name = resend.file_name("a/b", 1, request)
    (tmp_path / "failures").mkdir()
    (tmp_path / (name or "none")).write_bytes(body)
    command = resend.command(request, name)
    subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, check=True, capture_output=True, timeout=30,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "DRS_TOKEN": "abc.def", "NO_PROXY": "*", "no_proxy": "*"},
    )  # fmt: skip
    sent_method, path, got, sent = Recorder.seen
    assert (sent_method, path, sent) == (method, "/a/../b'c/[x]{y}?q=$HOME&r=%00", body)
    assert (got["Authorization"], got["X-Quote"], got["X-Empty"]) == ("Bearer abc.def", 'it\'s "$HOME"', "")
    assert "Content-Type" not in got


def test_a_challenge_is_put_into_the_body_at_sending(
    require_tool: Callable[[str], str], server: HTTPServer, tmp_path: Path
) -> None:
    require_tool("curl")
    body = b'{"PreAuthorizedJoinChallenge": "[redacted]"}'
    (tmp_path / "b.json").write_bytes(body)
    command = resend.curl(Request("POST", f"http://127.0.0.1:{server.server_port}/", (), body), "b.json")
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "DRS_CHALLENGE": "e30.e30.AA-_", "no_proxy": "*"}
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True, capture_output=True, timeout=30, env=environment)
    assert Recorder.seen[3] == b'{"PreAuthorizedJoinChallenge": "e30.e30.AA-_"}'


def test_a_header_of_the_users_comes_from_a_variable_of_its_name() -> None:
    request = Request("GET", "https://drs.test.example/x", (("X-Gateway-Key", REDACTED), ("Authorization", REDACTED)))
    said = resend.curl(request, "")
    assert "--header 'X-Gateway-Key: '\"$X_GATEWAY_KEY\"" in said
    assert "--header 'Authorization: '\"$DRS_TOKEN\"" in said


def test_a_url_is_no_option_of_curl() -> None:
    assert resend.curl(Request("GET", "-K/etc/passwd"), "").endswith("--url -K/etc/passwd")


def test_a_run_of_one_requirement_is_one_command() -> None:
    header = Header("", {"url": "https://drs.example/$x", "tenant": "a b"}, "deep", "must", 7, {})
    words = shlex.split(resend.rerun(header, "a/b"))
    assert words[:5] == ["drs-conformance", "--target", "https://drs.example/$x", "--tenant", "a b"]
    assert words[5:] == ["--select", "a/b", "--profile", "deep", "--seed", "7"]


def test_a_failure_is_replayed_by_its_name_in_the_folder_of_its_run() -> None:
    header = Header("", {"url": "https://drs.example"}, "quick", "must", 0, {})
    named = " \\\n  --target https://drs.example"
    assert resend.replay(header, "join-request/x", 2) == f"drs-conformance replay join-request/x-2{named}"
    assert resend.replay(header, "a/b", 1, "my run") == f"drs-conformance replay a/b-1 'my run'{named}"
    own = replace(header, target={"url": "http://127.0.0.1:49152", "embedded": "yes"})
    assert resend.replay(own, "a/b", 1) == "drs-conformance replay a/b-1"
    assert resend.replay(replace(header, profile="load"), "a/b", 1) == ""


def test_bodies_are_named_after_their_requirement() -> None:
    def name(number: int, body: bytes, octets: bytes = b"") -> str:
        return resend.file_name("join-request/x", number, Request("POST", "http://a/", (), body, octets=octets))

    assert name(2, b' {"a": 1}') == "failures/join-request.x-2.json"
    assert name(1, b"\x00") == "failures/join-request.x-1.bin"
    assert name(1, b"{}", b"POST / HTTP/1.1\r\n\r\n{}") == "failures/join-request.x-1.http"
    assert name(1, b"") == ""


def edit(**fields: Any) -> EditRecord:
    kept = {"layer": "der", "path": "", "before": "", "after": "", "offset": None, **fields}
    return EditRecord("a/a", "n", "t", **kept)


DATA = bytes(range(200))


@pytest.mark.parametrize(
    ("fields", "marked"),
    [
        ({"before": "10 00", "after": "10 11", "offset": 16}, {17}),
        ({"before": "00 00…", "after": "10 11…", "offset": 16}, {16, 17}),
        ({"before": "(end)", "after": "c6 c7", "offset": 198}, {198, 199}),
        ({"before": "00", "after": "10 11", "offset": 3}, {16, 17}),  # measured elsewhere, found once: that place
        (
            {"before": "00", "after": "11 10", "offset": 16},
            set(),
        ),  # not what was sent: no mark is better than a wrong one
        ({"before": "00", "after": "10", "offset": None}, set()),
        ({"before": '"x"', "after": '"y"', "offset": 1}, set()),
    ],
)
def test_a_mark_rests_on_what_was_sent(fields: dict[str, Any], marked: set[int]) -> None:
    assert octets.marks(edit(**fields), DATA) == marked


def test_what_occurs_twice_is_not_marked_by_guess() -> None:
    assert octets.marks(edit(before="00", after="41 42", offset=9), b"AB..AB") == frozenset()


def test_a_dump_shows_what_surrounds_the_mark() -> None:
    shown = octets.dump(bytes(1000), frozenset({500}))
    assert [row.offset for row in shown.rows] == [448, 464, 480, 496, 512, 528, 544]
    assert (shown.rows[0].gap, shown.after, shown.length) == (448, 440, 1000)
    assert [octet.marked for octet in shown.rows[3].octets].index(True) == 4


def test_a_dump_of_little_is_all_of_it() -> None:
    shown = octets.dump(b"RSA1\x00")
    assert [(octet.hex, octet.character) for octet in shown.rows[0].octets] == [
        ("52", "R"), ("53", "S"), ("41", "A"), ("31", "1"), ("00", "·"),
    ]  # fmt: skip
    assert (shown.after, octets.dump(b"").rows) == (0, ())


@pytest.mark.parametrize("body", [b"", b"{}", b'{"a": 1}', b'{"a": "!"}', b"[" * 99_999, b"\xff"])
def test_a_subject_that_is_not_there_is_none(body: bytes) -> None:
    assert octets.subject(edit(path="/a", before="00", after="01"), body) is None
