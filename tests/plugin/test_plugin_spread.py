"""A run spread over machines by pytest-xdist: the same verdicts, and every device in its ledger.

A worker reached through another gateway (`via`) is one on another machine as far as the run can tell: it has a folder
of its own, and what it has to say comes through the channel of xdist alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cli.cli_runs import PYTEST, Ran
from conformance.errors import UsageError
from conformance.plugin.journal import Journal, remaining
from conformance.plugin.options import OPTIONS, Raw
from conformance.plugin.spread import keep_to_ourselves, part, refuse_far, version
from conformance.server.settings import Ready

Drs = Callable[..., Ran]
CHOSEN = ("discovery/tenant-id", "device/post", "join-request/transport-key-exponent")


def test_workers_of_other_machines_tell_all(drs: Drs, server: Ready, tmp_path: Path) -> None:
    far = tmp_path / "far"
    far.mkdir()
    variables = {
        "DRS_TARGET": server.url,
        "DRS_TENANT": server.tenant,
        "DRS_TOKEN": server.token,
        "DRS_CA_FILE": server.ca,
        "DRS_PROFILE": "quick",
        "DRS_SELECT": " ".join(CHOSEN),
    }
    alone = drs(**variables).check()
    hop = ("--px", "popen//id=hop", "--tx", f"popen//via=hop//chdir={far}", "--tx", "popen", "--dist", "loadgroup")
    spread = drs(*hop, words=PYTEST, **variables).check()
    assert spread.verdicts == alone.verdicts
    assert spread.results["counts"] == alone.results["counts"]
    assert ran_in(spread) == ran_in(alone)

    ledger = read(spread.out / "devices.jsonl")
    devices = {line["id"] for line in ledger if "id" in line}
    assert len(devices) == spread.results["devices"]["created"] > 0
    (own,) = (far / "drs-workers").iterdir()
    beyond = read(own)
    assert [line for line in ledger if str(line.get("by", "")).startswith("gw0-")] == beyond
    assert remaining(spread.out / "devices.jsonl").unanswered == 0
    made = {line["id"] for line in beyond if "id" in line}
    recorded = {line["id"] for line in spread.stream if line["record"] == "device"}
    assert made <= recorded == devices
    assert beyond[-1]["asked"] == 0
    assert server.token.rpartition(".")[2] not in own.read_text(encoding="ascii")
    assert sorted(path.name for path in far.iterdir() if path.name[0] != ".") == ["_pytest", "drs-workers", "pytest"]


def ran_in(ran: Ran) -> set[str]:
    return {line["test"] for line in ran.stream if line["record"] == "test"}


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


# --- what a worker is given


VALUES = {option.name: option.default for option in OPTIONS}
GIVEN: dict[str, Any] = {
    "version": version(),
    "ready": None,
    "values": {**VALUES, "target": "https://drs.test.example", "tenant": "contoso.example", "out": None},
    "origins": {},
    "file": None,
    "files": {},
    "done": [],
    "left": None,
}


def worker(**given: Any) -> dict[str, Any]:
    return {"drs": {**GIVEN, **given}, "workercount": 4, "workerid": "gw3", "testrunuid": "run"}


def test_a_worker_has_its_options_from_the_run_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRS_TIMEOUT", "1")
    (tmp_path / "drs.toml").write_text("rate = 1", encoding="ascii")
    cleanups: list[Callable[[], None]] = []
    config = cast("pytest.Config", SimpleNamespace(add_cleanup=cleanups.append))
    pem = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="  # its first line
    given = {**GIVEN["values"], "rate": "40", "ca-file": "/home/someone/ca.pem"}
    own = part(config, worker(values=given, files={"ca-file": pem}))
    assert own.settings.timeout == 10
    assert own.target.network.rate == 10
    assert own.target.ca_file is not None
    assert own.target.ca_file.read_bytes() == b"-----BEGIN CERTIFICATE-----\n"
    assert own.target.ca_file.stat().st_mode & 0o777 in {0o600, 0o644}
    assert own.target.ca_file.parent.stat().st_mode & 0o777 == 0o700
    assert own.journal.path == Path("drs-workers/run-gw3-devices.jsonl")
    for cleanup in cleanups:
        cleanup()
    assert not own.target.ca_file.exists()


def test_another_version_is_refused() -> None:
    config = cast("pytest.Config", SimpleNamespace())
    with pytest.raises(UsageError, match=r"the run is one of 0\.0\.0; install the same$"):
        part(config, worker(version="0.0.0"))


@pytest.mark.parametrize("spec", ["ssh=far//python=python3", "2*ssh=far", "popen//via=hop", "socket=a:8888"])
def test_the_reference_server_is_for_this_machine(spec: str) -> None:
    config = cast("pytest.Config", SimpleNamespace(option=SimpleNamespace(tx=["popen", spec])))
    with pytest.raises(UsageError, match="is another machine, which does not reach the reference server of this one"):
        refuse_far(config, Raw(VALUES))
    refuse_far(config, Raw({**VALUES, "target": "https://drs.test.example"}))


@pytest.mark.parametrize("specs", [[], ["popen", "popen"], ["2*popen//python=python3.13"], ["popen//chdir=a"]])
def test_processes_of_this_machine_reach_it(specs: list[str]) -> None:
    refuse_far(cast("pytest.Config", SimpleNamespace(option=SimpleNamespace(tx=specs))), Raw(VALUES))


def test_options_of_ours_are_not_among_the_words_for_workers() -> None:
    ours = ("--drs-out", "reports", "--drs-insecure", "--drs-token=a")
    words = ("-q", *ours[:2], "--pyargs", ours[2], "conformance", ours[3], "--tx", "popen")
    params = pytest.Config.InvocationParams(args=words, plugins=None, dir=Path())
    config = cast("pytest.Config", SimpleNamespace(invocation_params=params))
    keep_to_ourselves(config)
    assert config.invocation_params.args == ("-q", "--pyargs", "conformance", "--tx", "popen")


def test_lines_are_sent_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "devices.jsonl", synced=False, by="gw0-1", unsent=[])
    journal.asked(2)
    assert [line["asked"] for line in journal.taken()] == [2]
    assert journal.taken() == []
    journal.close()
    assert [line["asked"] for line in journal.taken()] == [0]
    near = Journal(tmp_path / "devices.jsonl", synced=False)
    near.asked(1)
    assert near.taken() == []
