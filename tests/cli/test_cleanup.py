"""Devices are removed where the target offers it: at a run's end, after Ctrl-C, and by `cleanup` after a crash."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.cli_runs import COMMAND, Ran, Started, variables
from conformance.cli import drs_conformance
from conformance.kit import Made, Session
from conformance.kit.removal import Left, remove
from conformance.plugin import tidying
from conformance.plugin.journal import remaining
from conformance.results import Footer, Header, load
from conformance.server import Settings, running
from conformance.server.settings import Ready

CHOSEN = ("device/post", "device/creates", "device/post-only", "processing/goes-on")


@pytest.fixture(scope="module")
def secure() -> Iterator[Ready]:
    """A reference server that speaks TLS, as removal needs it."""
    with running(Settings(tls=True)) as ready:
        yield ready


def options(server: Ready, *chosen: str) -> list[str]:
    given = {"target": server.url, "tenant": server.tenant, "token": server.token, "tls-ca-file": server.ca}
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    return [*words, "--profile", "quick", *(word for id_ in chosen for word in ("--select", id_))]


def devices_at(server: Ready) -> int:
    import ssl  # noqa: PLC0415 - for this alone

    trust = ssl.create_default_context(cafile=server.ca)
    with urllib.request.urlopen(server.more["state"], context=trust) as answer:  # type: ignore[call-overload]
        return int(json.load(answer)["devices"])


def ledger_of(ran: Ran) -> list[dict[str, object]]:
    return [json.loads(line) for line in (ran.out / "devices.jsonl").read_text(encoding="ascii").splitlines()]


def test_a_run_leaves_no_device_behind(drs: Callable[..., Ran], secure: Ready) -> None:
    before = devices_at(secure)
    ran = drs(*options(secure, *CHOSEN)).check()
    assert ran.status == 0, ran.said
    created = ran.results["devices"]["created"]
    assert created > 10
    assert ran.results["devices"]["removed"] == created
    assert devices_at(secure) == before
    assert f"{created} devices made, {created} removed\n" in ran.said
    assert "PRIVATE" not in (ran.out / "devices.jsonl").read_text(encoding="ascii")


def test_a_run_that_is_interrupted_leaves_none_either(start: Callable[..., Started], secure: Ready) -> None:
    before = devices_at(secure)
    run = start(*options(secure))
    until(run.out / "devices.jsonl", 10)
    run.signal(signal.SIGINT)
    ran = run.end().check()
    assert ran.status == 3
    assert ran.results["devices"]["removed"] == ran.results["devices"]["created"] >= 3
    assert devices_at(secure) == before


def until(ledger: Path, lines: int) -> None:
    for _ in range(600):
        if ledger.exists() and len(ledger.read_bytes().splitlines()) >= lines:
            return
        time.sleep(0.05)
    pytest.fail("no device came")


def test_what_a_killed_run_left_is_cleaned_up(start: Callable[..., Started], secure: Ready, tmp_path: Path) -> None:
    before = devices_at(secure)
    run = start(*options(secure, *CHOSEN))
    until(run.out / "devices.jsonl", 5)
    run.signal(signal.SIGKILL)
    run.end()
    kinds = [type(record) for record in load(run.out / "results.jsonl")]
    assert kinds[0] is Header
    assert Footer not in kinds
    left = devices_at(secure) - before
    ledger = run.out / "devices.jsonl"
    open_ones = remaining(ledger)
    known = len(open_ones.devices)
    assert known <= left <= known + open_ones.unanswered <= known + 1
    done = Started([*COMMAND, "cleanup", str(ledger), "--tls-ca-file", secure.ca], tmp_path, variables(), run.out).end()
    assert (done.status, done.said) == (0, f"{known} of {known} devices removed\n")
    assert done.warned.startswith("the run was cut off with a request unanswered") or not open_ones.unanswered
    assert devices_at(secure) == before + left - known
    again = Started([*COMMAND, "cleanup", str(ledger), "--tls-ca-file", secure.ca], tmp_path, variables(), run.out)
    ended = again.end()
    assert (ended.status, ended.said) == (0, "no device is left to remove\n")


def cleanup(tmp_path: Path, *words: str) -> Ran:
    return Started([*COMMAND, "cleanup", *words], tmp_path, variables(), tmp_path).end()


def test_what_cannot_be_removed_is_told_with_the_reason(tmp_path: Path, server: Ready) -> None:
    lines = [
        {"id": "a", "url": "", "certificate": ""},
        {"id": "b", "url": f"{server.url}/device/b", "certificate": "AAAA"},
        {"id": "c", "url": "https://127.0.0.1:1/device/c", "certificate": "AAAA"},
    ]
    ledger = tmp_path / "devices.jsonl"
    ledger.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="ascii")
    done = cleanup(tmp_path, str(ledger))
    assert done.status == 3
    assert done.said == "0 of 3 devices removed\n"
    assert sorted(done.warned.splitlines()) == [
        "left: a: the ledger does not say where it is removed",
        "left: b: devices are removed over TLS alone, with the certificate of the device",
        "left: c: its certificate is none that we have the key of",
    ]


def test_a_ledger_that_somebody_else_wrote_is_told_of_and_steers_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The id of a device is what its certificate says, which the target wrote; click lets it through to a terminal."""
    places = {"a": "https://[::1", "b": "https://h:99999/", "c": "https://h\x1b[31m/", "d\x1b]0;owned\x07": "http://h/"}
    lines = [{"id": id_, "url": url, "certificate": "é"} for id_, url in places.items()]
    lines.append({"id": "e", "url": "https://127.0.0.1:1/e", "certificate": "é"})
    ledger = tmp_path / "devices.jsonl"
    ledger.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="ascii")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(drs_conformance, ["cleanup", str(ledger)], color=True)
    assert done.exit_code == 3, done.output
    assert sorted(done.stderr.splitlines()) == [
        "left: c, b, a: the ledger does not say where it is removed",
        "left: d\\x1b]0;owned\\x07: devices are removed over TLS alone, with the certificate of the device",
        "left: e: its certificate is none that we have the key of",
    ]


def test_a_reason_is_told_once_and_of_many_devices_not_all_are_named(tmp_path: Path) -> None:
    ledger = tmp_path / "devices.jsonl"
    lines = [{"id": f"d{number}", "url": "http://h/", "certificate": ""} for number in range(30)]
    ledger.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="ascii")
    done = cleanup(tmp_path, str(ledger))
    (said,) = done.warned.splitlines()
    assert said.startswith("left: d29, d28, ")
    assert said.endswith(", d10 and 10 more: devices are removed over TLS alone, with the certificate of the device")


def test_a_header_goes_to_no_place_that_a_ledger_names_besides_the_target(
    tmp_path: Path, secure: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = tmp_path / "devices.jsonl"
    places = [secure.url, "https://127.0.0.1:1"]
    ledger.write_text(
        "".join(f"{json.dumps({'id': url[-3:], 'url': f'{url}/d', 'certificate': ''})}\n" for url in places), "ascii"
    )
    words = ["cleanup", str(ledger), "--header", "X-Gateway-Key: hunter2"]
    done = CliRunner().invoke(drs_conformance, words)
    assert done.exit_code == 2
    assert "and --header would go to each; clean up each by a ledger of its own" in done.stderr
    monkeypatch.setenv("DRS_TARGET", secure.url)
    ledger.write_text(ledger.read_text(encoding="ascii").splitlines()[1] + "\n", encoding="ascii")
    done = CliRunner().invoke(drs_conformance, words)
    assert done.exit_code == 2
    assert f"leads to https://127.0.0.1:1, and --header is for {secure.url}; leave one out" in done.stderr
    monkeypatch.setenv("DRS_ALLOW_HOST", "127.0.0.1:1")
    assert CliRunner().invoke(drs_conformance, words).exit_code == 3


def test_what_another_process_has_removed_meanwhile_is_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = tmp_path / "devices.jsonl"
    lines = [{"id": id_, "url": "https://127.0.0.1:1/d", "certificate": ""} for id_ in ("a", "b")]
    ledger.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="ascii")

    def removed(session: Session, devices: Iterable[Made], gone: Callable[[Made], None]) -> tuple[Left, ...]:
        with ledger.open("a", encoding="ascii") as other:
            other.write('{"id": "a", "removed": true}\n')
        return remove(session, devices, gone)

    monkeypatch.setattr(tidying, "remove", removed)
    done = CliRunner().invoke(drs_conformance, ["cleanup", str(ledger)])
    assert (done.exit_code, done.stdout) == (3, "1 of 2 devices removed\n")
    assert done.stderr == "left: b: its certificate is none that we have the key of\n"


def test_a_wrong_cleanup_is_one_sentence(tmp_path: Path) -> None:
    done = cleanup(tmp_path, "no.jsonl")
    assert done.status == 2
    said = "drs-conformance: 'no.jsonl' cannot be read (No such file or directory); name the devices.jsonl of a run\n"
    assert done.warned == said
    for octets, why in ((b"", " is empty, as no ledger is"), (b"\0" * 300, ", line 1, is no device")):
        (tmp_path / "other").write_bytes(octets)
        done = cleanup(tmp_path, "other")
        told = f"drs-conformance: 'other'{why}; name the devices.jsonl of a run\n"
        assert (done.status, done.said, done.warned) == (2, "", told)


def test_a_target_that_does_not_remove_is_not_asked_for_each(drs: Callable[..., Ran], tmp_path: Path) -> None:
    with running(Settings(tls=True, defects=())) as other, running(Settings(tls=True)) as here:
        ran = drs(*options(here, "device/post", "device/creates", "device/post-only")).check()
        rows = [row for row in ledger_of(ran) if "certificate" in row]
        ledger = tmp_path / "moved.jsonl"
        text = "".join(f"{json.dumps(row)}\n" for row in rows).replace(here.url, other.url)
        ledger.write_text(text, encoding="ascii")
        done = cleanup(tmp_path, str(ledger), "--tls-ca-file", other.ca)
    assert done.status == 3
    assert len(rows) > 4
    assert f"0 of {len(rows)} devices removed" in done.said
