"""Once a run began it ends with a verdict, every file and the right status, whatever the target or the disk does."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from cli.cli_runs import variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.cli_runs import Ran, Started
    from conformance.server.settings import Ready

    Drs = Callable[..., Ran]
    Start = Callable[..., Started]

SOME = ("--profile", "quick", "--select", "3.1", "--select", "3.3")
ONE = ("--profile", "quick", "--select", "discovery/tenant-id")


def incomplete(ran: Ran, *said: str) -> None:
    """The run is incomplete, and its reason is on the screen, in the stream and in every report."""
    ran.check()
    assert ran.status == 3
    assert ran.warned == ""
    for part in said:
        assert part in ran.results["why"]
        assert part in " ".join(ran.said.split())
    assert ran.results["why"].count("\n") == 0


def against(server: Ready, *, token: str | None = None, tenant: str | None = None) -> tuple[str, ...]:
    given = ("--target", server.url, "--tenant", tenant or server.tenant)
    return (*given, "--token", token) if token else given


# --- a target that is none


def test_a_refused_connection(drs: Drs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    ran = drs("--target", url, "--tenant", "contoso.example")
    incomplete(ran, f"the target at {url} gives no answer: no connection", "see whether it is up, and --target right")
    assert ran.results["counts"]["fail"] == 0
    assert ran.results["requests"] == 2
    assert [line["record"] for line in ran.stream] == ["header", "stop", "footer"]


def test_a_certificate_that_is_not_to_be_trusted(drs: Drs) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener, context.wrap_socket(listener, server_side=True) as secure:

        def serve() -> None:
            while True:
                try:
                    secure.accept()
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        ran = drs("--target", f"https://127.0.0.1:{secure.getsockname()[1]}", "--tenant", "contoso.example")
        incomplete(ran, "no trusted TLS connection", "--tls-ca-file", "--insecure")


def test_a_web_server_that_is_no_drs(drs: Drs, answering: Callable[..., str]) -> None:
    url = answering(lambda *_: (404, {"Content-Type": "text/html"}, b"<h1>Not Found</h1>"))
    ran = drs("--target", url, "--tenant", "contoso.example", *SOME)
    incomplete(
        ran, "discovery of tenant 'contoso.example' was not accepted: answered 404", "check --target and --tenant"
    )
    assert set(ran.verdicts.values()) <= {"inconclusive", "skip"}


def test_an_unknown_tenant(drs: Drs, server: Ready) -> None:
    ran = drs(*against(server, tenant="nobody.example", token=server.token), *SOME)
    incomplete(ran, "discovery of tenant 'nobody.example' was not accepted", "check --target and --tenant")
    assert set(ran.verdicts.values()) <= {"inconclusive", "skip"}


def test_a_target_that_is_silent_is_given_up_soon(drs: Drs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        ran = drs("--target", url, "--tenant", "contoso.example", "--timeout", "0.5")
    incomplete(ran, "gives no answer: no whole answer in time")
    assert ran.results["requests"] == 2


def test_a_target_that_dies_in_mid_run_ends_it(drs: Drs, server: Ready, answering: Callable[..., str]) -> None:
    """It answers discovery as the reference server does, then it is gone."""
    import urllib.request  # noqa: PLC0415 - of the tests alone

    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with urllib.request.urlopen(f"{server.url}/{server.tenant}/Discover?api-version=1.9") as answered:
        body = answered.read().replace(server.url.encode(), url.encode())
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"

    def serve() -> None:
        for _ in range(5):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head % len(body) + body)
        listener.close()

    threading.Thread(target=serve, daemon=True).start()
    ran = drs("--target", url, "--tenant", server.tenant, "--token", server.token, "--profile", "quick").check()
    assert ran.status in {1, 3}
    stops = [line["reason"] for line in ran.stream if line["record"] == "stop"]
    assert len(stops) == 1
    assert f"the target at {url} gives no answer" in stops[0]
    assert ran.results["requests"] < 20
    del answering


# --- a token that is none


def test_an_expired_token(drs: Drs, server: Ready) -> None:
    token = mint(server, lifetime=-600)
    incomplete(drs(*against(server, token=token), *ONE), "the token of --token expired 10 min ", "pass a fresh one")


def test_an_expired_token_of_a_command(drs: Drs, server: Ready) -> None:
    token = mint(server, lifetime=-600)
    ran = drs(*against(server), *ONE, "--token-command", f"echo {token}")
    incomplete(ran, "the token of --token-command expired 10 min ")


def test_a_token_that_the_target_refuses(drs: Drs, server: Ready) -> None:
    garbage = "bm90LWEtdG9rZW4tb2YtYW55LXNlcnZlcg"
    ran = drs(*against(server, token=garbage), "--profile", "quick", "--select", "join-request/transport-key")
    incomplete(ran, "the target refuses the token for a conforming join (answered 401)")
    assert set(ran.verdicts.values()) <= {"inconclusive", "skip"}
    assert all(garbage.encode() not in data for _, data in ran.everything())


def mint(server: Ready, **claims: object) -> str:
    import urllib.request  # noqa: PLC0415 - of the tests alone

    endpoint = server.more["mint"]
    assert isinstance(endpoint, dict)
    asked = urllib.request.Request(
        endpoint["token"], json.dumps(claims).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(asked) as answered:
        return str(json.load(answered)["token"])


# --- nothing to test


def test_a_selection_that_no_test_bears_on(drs: Drs, server: Ready) -> None:
    from conformance.spec import Party, catalogue  # noqa: PLC0415 - slow, and for one test

    duty = next(item.id for item in catalogue().requirements.values() if item.party is Party.CLIENT)
    ran = drs(*against(server), "--select", duty)
    incomplete(ran, f"no test bears on what --select names ({duty})", "drs-conformance catalogue")
    assert ran.verdicts == {duty: "skip"}


# --- a disk that does not take it


@pytest.mark.parametrize("octets", [0, 8000])
def test_files_that_may_grow_no_further_end_the_run(server: Ready, tmp_path: Path, octets: int) -> None:
    """At once and in mid-run: a limit on the size of files stands for a disk that is full or fills up."""
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({octets}, {octets}))"
    code = f"{limited}; import conformance.cli; conformance.cli.main()"
    words = [sys.executable, "-c", code, *against(server), "--profile", "quick", "--select", "3.1", "--out", "out"]
    done = subprocess.run(words, cwd=tmp_path, env=variables(), capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "File too large; give another directory with --out" in done.stderr
    assert (tmp_path / "out" / "results.jsonl").stat().st_size == octets


def test_a_link_in_the_place_of_the_stream_is_replaced(drs: Drs, server: Ready, tmp_path: Path) -> None:
    """As a checkout may bring it along: nothing is lost where it leads."""
    theirs, out = tmp_path / "theirs", tmp_path / "linked" / "out"
    theirs.write_text("kept", encoding="ascii")
    out.mkdir(parents=True)
    (out / "results.jsonl").symlink_to(theirs)
    assert drs(*against(server), *ONE, "--out", str(out)).status == 0
    assert theirs.read_text(encoding="ascii") == "kept"
    assert not (out / "results.jsonl").is_symlink()


# --- a reader who leaves


def test_a_reader_who_leaves_changes_no_verdict(start: Start, server: Ready) -> None:
    run = start(*against(server), *ONE)
    assert run.process.stdout is not None
    assert run.process.stdout.readline().startswith("Testing ")
    run.process.stdout.close()
    run.process.stdout = None
    ran = run.end()
    assert ran.warned == ""
    assert ran.check().status == 0


def test_the_user_s_own_pytest_settings_are_not_the_run_s(drs: Drs, server: Ready, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\npython_files = nothing.py\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('not for this run')\n")
    ran = drs(*against(server), *ONE, PYTEST_ADDOPTS="--no-such-option", PYTEST_PLUGINS="no_such_plugin")
    assert ran.check().status == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conftest.py", "pytest.ini", "run-0"]


# --- signals


def begun(start: Start, *options: str, words: list[str] | None = None) -> Started:
    """A run on the reference server that has tests behind it and many before it."""
    run = start(*(options or ("--profile", "deep")), words=words)
    stream = run.out / "results.jsonl"
    for _ in range(600):
        if stream.exists() and stream.read_bytes().count(b'"record":"test"') >= 3:
            return run
        assert run.process.poll() is None, run.end()
        time.sleep(0.05)
    raise AssertionError("the run did not begin")


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() and "Z" not in _state(pid) for pid in pids)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_run_with_all_results(start: Start, name: str) -> None:
    run = begun(start)
    children = run.descendants()
    assert children  # the reference server
    run.signal(getattr(signal, name))
    ran = run.end()
    incomplete(ran, "The run stopped before its end: interrupted")
    assert any(line["record"] == "test" for line in ran.stream)
    assert gone(children)


def test_a_second_signal_ends_it_at_once(start: Start) -> None:
    run = begun(start)
    children = run.descendants()
    run.signal(signal.SIGINT)
    while run.process.poll() is None:
        run.signal(signal.SIGINT)
        time.sleep(0.01)
    ran = run.end()
    assert ran.status == 3
    assert "Traceback" not in ran.said + ran.warned
    assert gone(children)


def test_a_signal_before_the_run_began_leaves_nobody_behind(start: Start) -> None:
    run = start()
    for _ in range(600):
        if run.descendants():
            break
        time.sleep(0.01)
    children = run.descendants()
    assert children
    run.signal(signal.SIGHUP)
    ran = run.end()
    assert ran.status == 3
    assert "Traceback" not in ran.said + ran.warned
    assert gone(children)
