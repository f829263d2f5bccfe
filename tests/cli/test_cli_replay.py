"""`replay`: a recorded failure sent again as it was, what came then and now, and whether it still fails."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.cli_runs import COMMAND, Answer, variables
from conformance.cli import drs_conformance
from conformance.cli.proving import challenge_command
from conformance.server import Settings, running
from conformance.server.settings import Ready

DEFECTS = (
    *("takes-any-media-type", "takes-unsigned-challenges", "takes-algorithm-none", "discovers-as-text"),
    *("takes-any-nonce", "takes-the-first-of-two-lengths"),
)
FORM, LENGTH = "processing/media-type", "processing/content-length-invalid"
CHALLENGE, NONCE = "join-request/challenge-unsigned", "join-request/csr-nonce-foreign"
TOKEN, TYPE = "join-service/token-alg-none", "discovery/media-type"


@pytest.fixture(scope="module")
def wrong() -> Iterator[Ready]:
    """A server that speaks TLS, so that devices are removed, and fails in a way of each kind."""
    with running(Settings(tls=True, defects=DEFECTS)) as ready:
        yield ready


@pytest.fixture(scope="module")
def right() -> Iterator[Ready]:
    """What the same server is once it is mended: the same tenant, elsewhere."""
    with running(Settings(tls=True)) as ready:
        yield ready


@pytest.fixture(scope="module")
def recorded(wrong: Ready, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of it."""
    out = tmp_path_factory.mktemp("replay") / "run"
    words = [*COMMAND, *options(wrong), "--target", wrong.url, "--tenant", wrong.tenant, "--profile", "quick"]
    words += [word for id_ in (FORM, CHALLENGE, NONCE, TOKEN, TYPE, LENGTH) for word in ("--select", id_)]
    done = subprocess.run(
        [*words, "--out", str(out)], env=variables(), capture_output=True, text=True, check=False, timeout=110
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return out


def options(server: Ready) -> list[str]:
    words = ["--token", server.token, "--challenge-command", challenge_command(server.document())]
    return [*words, *(("--tls-ca-file", server.ca) if server.url.startswith("https:") else ())]


def replay(*words: str) -> Result:
    return CliRunner().invoke(drs_conformance, ["replay", *words], catch_exceptions=False)


def devices_at(server: Ready) -> int:
    trust = ssl.create_default_context(cafile=server.ca)
    with urllib.request.urlopen(str(server.more["state"]), context=trust) as answer:
        return int(json.load(answer)["devices"])


def test_what_still_fails_is_shown_then_and_now_and_leaves_no_device(wrong: Ready, recorded: Path) -> None:
    before = devices_at(wrong)
    done = replay(f"{FORM}-1", str(recorded), *options(wrong))
    assert done.exit_code == 1, done.output
    said = done.output.splitlines()
    assert said[0].startswith(f"{FORM}-1 of ")
    assert f"  POST {wrong.url}/EnrollmentServer/device/?api-version=2.0" in said
    assert "anew  the token, a fresh nonce, and the signature over it" in said
    assert [line for line in said if line.startswith(("then  (", "now  ("))] != []
    assert said.count("  201 Created") == 2
    assert "differs  in the body Certificate" in said
    assert f"{FORM}-1 still fails: it is answered 201, and must be refused; then 201 Created, now 201 Created" in said
    assert said[-1] == "devices  1 made, 1 removed"
    assert devices_at(wrong) == before
    ledger = (recorded / "devices.jsonl").read_text(encoding="ascii").splitlines()
    assert [json.loads(line).get("removed") for line in ledger[-2:]] == [True, None]
    assert wrong.token.split(".")[2] not in done.output


@pytest.mark.parametrize("named", [f"{CHALLENGE}-1", f"{TOKEN}-1", f"failures/{TYPE.replace('/', '.')}-1.json"])
def test_what_was_mended_fails_no_more(wrong: Ready, right: Ready, recorded: Path, named: str) -> None:
    """A challenge and a token altered, made anew of fresh ones; a check of an answer. All fail where they failed."""
    again = replay(named, str(recorded), *options(wrong))
    assert again.exit_code == 1, again.output
    done = replay(named, str(recorded), "--target", right.url, *options(right))
    assert done.exit_code == 0, done.output
    assert " still fails" not in done.output
    assert "not sent by itself" not in again.output + done.output
    assert right.token.split(".")[2] not in done.output


def test_all_that_is_recorded_of_a_requirement_is_counted(wrong: Ready, recorded: Path) -> None:
    done = replay(TOKEN, str(recorded), *options(wrong))
    said = done.output.splitlines()
    number = len([line for line in said if " still fails: " in line])
    assert number == 3
    assert f"{TOKEN}: 3 recorded failures: 3 still failing" in said
    assert "sent" not in said


def test_what_one_answer_does_not_show_its_test_does(wrong: Ready, right: Ready, recorded: Path) -> None:
    def process(*words: str) -> tuple[int, str]:
        command = [*COMMAND, "replay", *words]
        done = subprocess.run(command, env=variables(), capture_output=True, text=True, check=False, timeout=110)
        return done.returncode, done.stdout + done.stderr

    status, said = process(LENGTH, str(recorded), *options(wrong))
    assert status == 1, said
    assert f"its whole test is run again, since one answer does not show it; report: {recorded / 'replay'}\n" in said
    assert said.index("now  (") < said.index("its whole test")
    assert (recorded / "replay" / "results.jsonl").exists()
    status, said = process(f"{NONCE}-1", str(recorded), "--target", right.url, *options(right))
    assert status == 0, said
    assert "not sent by itself: the nonce itself is what it is about, and no nonce is good" in said
    assert "no longer fails: its test passes" in said


def test_alone_nothing_follows(right: Ready, recorded: Path) -> None:
    done = replay(f"{FORM}-1", str(recorded), "--alone", "--target", right.url, *options(right))
    assert done.exit_code == 3
    assert "could not be told: it is answered 415; whether a conforming request is accepted was not" in done.output
    assert replay(LENGTH, str(recorded), "--alone", "--target", right.url, *options(right)).exit_code == 3


def test_who_refuses_everything_has_mended_nothing(
    recorded: Path, right: Ready, answering: Callable[[Callable[[str, str, dict[str, str], bytes], Answer]], str]
) -> None:
    def handler(method: str, path: str, headers: dict[str, str], _: bytes) -> Answer:
        if method == "POST":
            return 400, {}, b"{}"
        request = urllib.request.Request(right.url + path, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=right.ca)) as answer:
            there = f"http://{headers['Host']}".encode()
            return answer.status, {"Content-Type": "application/json"}, answer.read().replace(right.url.encode(), there)

    done = replay(f"{FORM}-1", str(recorded), "--target", answering(handler), *options(right))
    assert done.exit_code == 3, done.output
    assert "it is answered 400, which shows nothing: the baseline (join) was not accepted: answered 400" in done.output


def test_a_target_elsewhere_gets_nothing_that_may_make_a_device(recorded: Path, right: Ready) -> None:
    port = right.url.rpartition(":")[2]
    there = (
        "--insecure",
        "--target",
        f"https://drs.test.example:{port}",
        "--resolve",
        f"drs.test.example:{port}:127.0.0.1",
    )
    done = replay(f"{FORM}-1", str(recorded), "--insecure", *there, *options(right))
    assert done.exit_code == 2
    assert done.output == (
        f"drs-conformance: a device may come of {FORM}-1, and https://drs.test.example:{port} is not on this machine; "
        "pass --allow-device-creation to send it\n"
    )
    assert replay(TYPE, str(recorded), "--insecure", *there, *options(right)).exit_code == 0


def changed(recorded: Path, out: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The run with each record of it changed."""
    out.mkdir()
    lines = [json.loads(line) for line in (recorded / "results.jsonl").read_text(encoding="ascii").splitlines()]
    for line in lines:
        change(line)
    (out / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="ascii")
    return out


def test_the_reference_server_is_started_where_it_was_the_target(recorded: Path, tmp_path: Path) -> None:
    def change(record: dict[str, Any]) -> None:
        if record["record"] == "header":
            record["target"]["embedded"] = "yes"

    done = replay(f"{FORM}-1", str(changed(recorded, tmp_path / "run", change)))
    assert done.exit_code == 0, done.output
    assert "no longer fails: it is answered 415, while a conforming request is accepted" in done.output


def test_a_record_that_does_not_say_which_secrets_it_held_is_not_guessed_at(
    recorded: Path, wrong: Ready, tmp_path: Path
) -> None:
    def change(record: dict[str, Any]) -> None:
        for outcome in record.get("requirements", ()):
            for failure in outcome["failures"]:
                failure["exchange"]["request"].pop("secrets", None)
        for exchange in record.get("exchanges", ()):
            exchange["request"].pop("secrets", None)

    run = changed(recorded, tmp_path / "run", change)
    done = replay(f"{CHALLENGE}-1", str(run), "--alone", *options(wrong))
    assert done.exit_code == 3
    assert "not sent by itself: it held a part of a challenge, and which is not recorded" in done.output
    assert replay(f"{TOKEN}-1", str(run), *options(wrong)).exit_code == 1


@pytest.mark.parametrize("place", ["{}@127.0.0.1:{}/", "{}.localhost:{}/", "https://127.0.0.1:{1}/", "https://[:{1}/"])
def test_a_record_leads_a_token_nowhere_else(recorded: Path, right: Ready, tmp_path: Path, place: str) -> None:
    """A URL that begins with that of the run's target, or does not, and is of another host: who wrote it listens."""

    def change(record: dict[str, Any]) -> None:
        for outcome in record.get("requirements", ()):
            for failure in outcome["failures"]:
                failure["exchange"]["request"]["url"] = place.format(origin, listener.getsockname()[1])

    lines = (recorded / "results.jsonl").read_text(encoding="ascii").splitlines()
    origin = json.loads(lines[0])["target"]["url"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        run = changed(recorded, tmp_path / "run", change)
        done = replay(f"{FORM}-1", str(run), "--alone", "--target", right.url, *options(right))
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert done.exit_code == 3, done.output
    assert "another host than the target; see --allow-host" in done.output


def test_a_run_leads_to_another_machine_only_where_the_user_names_it(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(record: dict[str, Any]) -> None:
        if record["record"] == "header":
            record["target"]["url"] = "https://192.0.2.7"

    run = changed(recorded, tmp_path / "run", change)
    monkeypatch.setenv("DRS_TOKEN", "h.e.y")
    done = replay(TYPE, str(run), "--timeout", "1")
    assert done.exit_code == 2
    assert done.output == (
        f"drs-conformance: {run} is of https://192.0.2.7, and no token goes where a file alone leads; "
        "add --target https://192.0.2.7 for that\n"
    )
    named = replay(TYPE, str(run), "--timeout", "1", "--target", "https://192.0.2.7", "--proxy", "http://127.0.0.1:9")
    assert named.exit_code == 3, named.output
    assert "the target at https://192.0.2.7 gives no answer: " in named.output


def test_a_load_is_not_sent_again_one_by_one(recorded: Path, tmp_path: Path) -> None:
    def change(record: dict[str, Any]) -> None:
        if record["record"] == "header":
            record["profile"] = "load"

    done = replay(f"{FORM}-1", str(changed(recorded, tmp_path / "run", change)))
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert "is of a load, whose requests went out at once; drs-conformance load sends such again" in done.output


def test_a_run_that_names_no_target_is_refused(recorded: Path, tmp_path: Path) -> None:
    def change(record: dict[str, Any]) -> None:
        if record["record"] == "header":
            record["target"] = {}

    done = replay(f"{FORM}-1", str(changed(recorded, tmp_path / "run", change)))
    assert done.exit_code == 2
    assert "does not say which target it tested" in done.output


def test_a_tenant_may_be_named_by_the_domain_that_the_run_recorded(recorded: Path, tmp_path: Path) -> None:
    def change(record: dict[str, Any]) -> None:
        if record["record"] == "header":
            record["target"]["domain"] = "contoso.example"

    run = changed(recorded, tmp_path / "run", change)
    done = replay(f"{FORM}-1", str(run), "--alone", "--tenant", "Contoso.Example")
    assert "it held the token; pass --token" in done.output
    assert done.exit_code == 3


def test_a_wrong_command_is_one_sentence(recorded: Path, tmp_path: Path) -> None:
    shutil.copy(recorded / "results.jsonl", tmp_path / "results.jsonl")
    for words, sentence in {
        ("nonce/value", str(recorded)): "'nonce/value' did not fail in ",
        ("discovery/media-typ", str(recorded)): f"did not fail in {recorded}; what did: {TYPE} and 5 more",
        (f"{TYPE}-7", str(recorded)): f"{TYPE} failed once in {recorded}; there is no number 7",
        (TYPE, str(tmp_path / "none")): "name the folder of a run, or its results.jsonl",
        (
            TYPE,
            str(recorded),
            "--tenant",
            "other.example",
        ): "--tenant is 'other.example', and the run tested ",
        (TYPE, str(recorded), "--timeout", "soon"): "--timeout 'soon' is not a number of seconds",
    }.items():
        done = replay(*words)
        assert done.exit_code == 2, done.output
        assert sentence in done.output
        assert done.output.count("\n") == 1
    gone = replay(f"{FORM}-1", str(recorded), "--alone")
    assert gone.exit_code == 3
    assert "not sent by itself: it held the token; pass --token" in gone.output
