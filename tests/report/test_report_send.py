"""What lies beside a report for requests that no library writes: run again, it gets the same answer."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from conformance.client import Conversation, Message, Secrets, Target, chunk, protocol
from conformance.exchange import REDACTED, Exchange, Request
from conformance.generate.join import JoinDraft, render
from conformance.plugin.embedded import ReferenceServer, target_of
from conformance.report import resend

LAST: Final = b"0\r\n\r\n"
FRAMINGS: Final[dict[str, Callable[[Message], Message]]] = {
    "as it should be": lambda m: m,
    "no Host": lambda m: m.without("Host"),
    "two Hosts": lambda m: m.adding(("Host", "drs.example")),
    "a length with a sign": lambda m: m.having(("Content-Length", f"+{len(m.body)}")),
    "a length too short": lambda m: m.having(("Content-Length", str(len(m.body) - 10))),
    "two lengths": lambda m: m.adding(("Content-Length", "1")),
    "a chunk size that is no number": lambda m: m.chunked(b"z\r\n", chunk(m.body), LAST),
    "two tokens": lambda m: m.adding(("Authorization", "Bearer e30.e30.AA")),
    "an odd header": lambda m: m.adding(("X", "\xff\xfe '$HOME` \"")),
    "many headers": lambda m: m.adding(*((f"X-{number}", "a") for number in range(1000))),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    serving = ReferenceServer()
    yield serving
    serving.stop()


def said(server: ReferenceServer, change: Callable[[Message], Message], *, finish: bool) -> Exchange:
    """A join request in this form, and what came of it."""
    target: Target = target_of(server.ready, 10.0)
    secrets = Secrets()
    draft = render(JoinDraft.baseline(3).with_target_domain(f"sts.{target.domain}"))
    step = protocol.join(f"{target.url}/EnrollmentServer/device/", draft.text, draft.headers, "2.0")
    message = change(Message.of(step, secrets.add(server.ready["token"])))
    with Conversation(target, step.url, secrets, sent=lambda: None) as connection:
        connection.send(message.octets)
        if finish:
            connection.finish()
        return connection.answer(message, "a join")


def again(request: Request, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command of a report, run where the report lies, by a Python that knows of no suite."""
    file = resend.file_name("a/b", 1, request)
    (folder / resend.FOLDER).mkdir()
    (folder / file).write_bytes(resend.content(request))
    (folder / resend.SENDER).write_bytes(resend.sender())
    python, *words = shlex.split(resend.command(request, file))
    assert python == "python3"
    command = [sys.executable, "-I", "-S", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, timeout=30)


@pytest.mark.parametrize("finish", [False, True], ids=["open", "finished"])
@pytest.mark.parametrize("name", FRAMINGS)
def test_the_same_octets_get_the_same_answer(server: ReferenceServer, tmp_path: Path, name: str, finish: bool) -> None:
    exchange = said(server, FRAMINGS[name], finish=finish)
    assert server.ready["token"].encode() not in exchange.request.octets
    assert REDACTED.encode() in exchange.request.octets
    done = again(exchange.request, tmp_path, DRS_TOKEN=server.ready["token"])
    if exchange.answer is None:
        assert done.returncode == 1
        assert done.stderr.startswith(b"no answer: ")
    else:
        assert done.stdout.startswith(f"{exchange.answer.http_version} {exchange.answer.status} ".encode()), done.stderr
        assert done.returncode == 0


def test_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    octets = b"POST / HTTP/1.1\r\nAuthorization: Bearer [redacted]\r\n\r\n"
    done = again(Request("POST", "http://127.0.0.1:1/", octets=octets), tmp_path)
    assert (done.returncode, done.stderr.decode().strip()) == (
        1,
        "DRS_TOKEN is not set; the request needs what it stands for",
    )


def test_a_challenge_is_put_where_it_stood(tmp_path: Path) -> None:
    octets = b"POST / HTTP/1.1\n\n{[redacted]}"
    done = again(Request("POST", "http://127.0.0.1:1/", octets=octets), tmp_path)
    assert b"DRS_CHALLENGE is not set" in done.stderr


def test_wrong_words_say_how_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "send.py").write_bytes(resend.sender())
    command = [sys.executable, str(tmp_path / "send.py"), "http://127.0.0.1:1/", "--finnish", "x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert (done.returncode, done.stderr.strip()) == (1, "usage: python3 send.py URL FILE [--finish]")
