"""A load as a process of its own: over TLS from two workers, against a server that mixes things up, and not at all."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.cli_runs import Ran, variables
from conformance.server import Settings, running
from conformance.server.settings import Ready
from conformance.spec import schemas

Load = Callable[..., Ran]
COMMAND = [sys.executable, "-m", "conformance", "load"]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """`load("--users", "8")` runs the command to its end."""

    def run(*options: str, **environment: str) -> Ran:
        out = tmp_path / "run" / "out"
        words = [*COMMAND, "--out", str(out), *options]
        done = subprocess.run(
            words, cwd=tmp_path, env=variables() | environment, capture_output=True, text=True, check=False
        )
        return Ran(done.returncode, done.stdout, done.stderr, out)

    return run


def test_many_users_from_two_processes_each_get_a_device_of_their_own_and_remove_it(load: Load) -> None:
    with running(Settings(tls=True)) as ready:
        ran = load_of(load, ready, "--users", "8", "--for", "1s", "--workers", "2")
    assert ran.status == 0, ran.said + ran.warned
    assert ran.warned == ""
    results = ran.results
    schemas.validator("results").validate(results)
    told = results["load"]
    assert (told["users"], told["workers"], results["profile"]) == (8, 2, "load")
    by_name = {one["operation"]: one for one in told["timings"]}
    assert {"discovery", "nonce", "join", "removal"} <= by_name.keys()
    for one in by_name.values():
        assert 0 < one["median"] <= one["p95"] <= one["p99"]
        assert (one["wrong"], one["busy"]) == (0, 0)
    assert told["made"] == results["devices"]["created"] >= by_name["join"]["requests"] > 0
    assert results["devices"]["removed"] == told["made"]
    assert results["requests"] == 1 + sum(one["requests"] for one in by_name.values())  # one before the load
    passed = {item["id"] for item in results["requirements"] if item["verdict"] == "pass"}
    assert {
        "device/at-once-accepted",
        "device/at-once-own-answer",
        "join-answer/certificate-key",
        "join-answer/certificate-signed",
        "join-answer/certificate-serial-unique",
        "join-answer/certificate-subject-unique",
        "nonce/unique",
    } <= passed
    ledger = [json.loads(line) for line in (ran.out / "devices.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len({line["by"] for line in ledger if "by" in line}) == 8  # each user is a writer of its own
    assert len({line["id"] for line in ledger if line.get("removed")}) == told["made"]
    assert ready.token.encode() not in b"".join(content for _, content in ran.everything())
    assert re.search(r"^join +\d+ +[\d.]+ +\d+", ran.said, re.MULTILINE)
    assert "Under load" in (ran.out / "index.html").read_text(encoding="utf-8")


def test_what_only_shows_over_many_is_found_and_shown(load: Load) -> None:
    defects = ("mixes-up-keys-of-a-crowd", "writes-one-serial", "spends-nonces-after-the-answer")
    with running(Settings(defects=defects)) as ready:
        ran = load_of(load, ready, "--users", "10", "--for", "2s", "--gate", "should")
    assert ran.status == 1, ran.said + ran.warned
    failed = {item["id"]: item["reason"] for item in ran.results["requirements"] if item["verdict"] == "fail"}
    assert failed.keys() == {
        "device/at-once-own-answer",
        "join-answer/certificate-serial-unique",
        "join-request/csr-nonce-reused",
    }
    assert re.search(r"this serial number, which was given before, to user \d of process 1", "".join(failed.values()))
    evidence = [
        shown
        for record in ran.stream
        for outcome in record.get("requirements", ())
        for shown in outcome["failures"]
        if outcome["id"] in failed
    ]
    assert all(shown["exchange"]["request"]["body"] and shown["exchange"]["answer"] for shown in evidence)
    assert ran.results["load"]["timings"][2]["wrong"] > 0
    page = (ran.out / "index.html").read_text(encoding="utf-8")
    assert "certifies the key of another request" in page
    assert ready.token not in page


def test_a_load_that_could_not_be_done_says_so(load: Load) -> None:
    nobody = load("--target", "http://127.0.0.1:1", "--tenant", "contoso.example", "--for", "1s")
    assert (nobody.status, nobody.results["verdict"]) == (3, "incomplete")
    assert "gives no answer" in nobody.results["why"]


def test_a_server_that_is_not_on_this_machine_gets_no_device_unasked(load: Load) -> None:
    with running(Settings()) as ready:
        port = ready.url.rpartition(":")[2]
        elsewhere = ("--target", f"http://drs.test.example:{port}", "--resolve", f"drs.test.example:{port}:127.0.0.1")
        more = ("--tenant", ready.tenant, "--token", ready.token, "--for", "1s", "--allow-host", f"127.0.0.1:{port}")
        ran = load(*elsewhere, *more)
    assert (ran.status, ran.results["devices"]["created"]) == (3, 0)
    assert "no join was sent, since the target is not on this machine" in ran.results["why"]
    assert {"discovery", "nonce"} == {one["operation"] for one in ran.results["load"]["timings"]}
    assert not (ran.out / "devices.jsonl").exists()


def test_no_more_devices_are_made_than_allowed(load: Load) -> None:
    with running(Settings()) as ready:
        ran = load_of(load, ready, "--users", "4", "--for", "20s", "--max-devices", "3")
    assert ran.results["load"]["made"] == 3
    assert ran.results["load"]["seconds"] < 18


def test_a_wrong_command_is_one_sentence(load: Load) -> None:
    ran = load("--for", "soon")
    assert (ran.status, len(ran.warned.splitlines())) == (2, 1)
    assert "--for 'soon' is not a time; give it as 20s, 2m or 1m30s" in ran.warned


def test_without_locust_it_says_what_to_install(tmp_path: Path) -> None:
    program = "import sys; sys.modules['locust'] = None; from conformance.cli import main; main()"
    words = [sys.executable, "-c", program, "load"]
    ran = subprocess.run(words, cwd=tmp_path, env=variables(), capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr == (
        "drs-conformance: load needs Locust, which is not installed; install it as drs-conformance[load]\n"
    )


def load_of(load: Load, ready: Ready, *options: str) -> Ran:
    """A load of this server; where it speaks TLS, the CA's file has both CAs."""
    given = ["--target", ready.url, "--tenant", ready.tenant, "--ca-file", ready.ca]
    given += ["--tls-ca-file", ready.ca] if ready.url.startswith("https:") else []
    return load(*given, *options, DRS_TOKEN=ready.token)
