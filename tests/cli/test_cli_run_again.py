"""`--resume` goes on with a run that was cut off; `--failed-from` repeats what failed; both send what was sent then."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.cli_runs import PYTEST
from conformance.errors import ConformanceError
from conformance.plugin.again import taken_up
from conformance.plugin.options import Raw
from conformance.server import Settings, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli.cli_runs import Ran
    from conformance.server.settings import Ready

    Drs = Callable[..., Ran]

ASKED = ("--profile", "quick", "--seed", "7")
CHOSEN = ("--select", "3.2", "--select", "join-request/transport-key-magic")
BROKEN = "join-request/transport-key-no-primes"


def at(server: Ready, prefix: str = "--") -> tuple[str, ...]:
    return (
        f"{prefix}target",
        server.url,
        f"{prefix}tenant",
        server.tenant,
        f"{prefix}domain",
        server.domain,
        f"{prefix}token",
        server.token,
    )


def names_in(ran: Ran) -> list[str]:
    return [line["test"] for line in ran.stream if line["record"] == "test"]


def cut(ran: Ran, tests: int, *, half: bool = False) -> None:
    """The stream as a crash leaves it: after so many tests, perhaps in the middle of the next line."""
    path = ran.out / "results.jsonl"
    lines, kept = path.read_bytes().splitlines(keepends=True), []
    for line in lines:
        if json.loads(line)["record"] == "test":
            if not tests:
                kept.append(line[: len(line) // 2] if half else b"")
                break
            tests -= 1
        kept.append(line)
    path.write_bytes(b"".join(kept))


@pytest.fixture
def whole(drs: Drs, server: Ready) -> Ran:
    return drs(*at(server), *ASKED, *CHOSEN).check()


@pytest.mark.parametrize("half", [False, True])
def test_a_cut_off_run_is_gone_on_with(whole: Ran, drs: Drs, server: Ready, *, half: bool) -> None:
    tests, verdicts = names_in(whole), whole.verdicts
    cut(whole, 3, half=half)
    ran = drs(*at(server), "--resume", str(whole.out)).check()
    assert ran.status == 0
    assert ran.verdicts == verdicts
    assert sorted(names_in(ran)) == sorted(tests)
    assert (ran.results["profile"], ran.results["seed"]) == ("quick", 7)
    assert ran.results["selection"] == ["3.2", "join-request/transport-key-magic"]
    assert "3 tests of an earlier run are kept" in ran.said


def test_in_the_folder_of_the_run_itself(whole: Ran, drs: Drs, server: Ready) -> None:
    ledger = (whole.out / "devices.jsonl").read_bytes()
    cut(whole, 4)
    ran = drs(*at(server), "--resume", str(whole.out), "--out", str(whole.out))
    resumed = [json.loads(line) for line in (whole.out / "results.jsonl").read_bytes().splitlines()]
    assert ran.status == 0
    assert resumed[-1]["record"] == "footer"
    assert len([line for line in resumed if line["record"] == "test"]) == len(
        {line["test"] for line in resumed if line["record"] == "test"}
    )
    assert (whole.out / "devices.jsonl").read_bytes().startswith(ledger)
    assert not (whole.out / "results.earlier.jsonl").exists()


def test_with_workers(whole: Ran, drs: Drs, server: Ready) -> None:
    tests = names_in(whole)
    cut(whole, 3)
    ran = drs(*at(server, "--drs-"), "--drs-resume", str(whole.out), "-n", "2", words=PYTEST).check()
    assert ran.status == 0
    assert sorted(names_in(ran)) == sorted(tests)


def test_nothing_is_left_to_do_but_the_end(whole: Ran, drs: Drs, server: Ready) -> None:
    path = whole.out / "results.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    ran = drs(*at(server), "--resume", str(whole.out)).check()
    assert ran.status == 0
    assert sorted(names_in(ran)) == sorted(names_in(whole))


def test_the_reference_server_may_have_moved(drs: Drs) -> None:
    first = drs("--profile", "quick", "--select", "3.2").check()
    cut(first, 2)
    assert drs("--resume", str(first.out)).check().status == 0


@pytest.fixture
def broken() -> Iterator[Ready]:
    with running(Settings(defects=("allows-private-primes",))) as ready:
        yield ready


def test_what_failed_is_repeated(drs: Drs, broken: Ready, server: Ready) -> None:
    first = drs(*at(broken), *ASKED, "--select", "join-request/transport-key").check()
    failed = [id_ for id_, verdict in first.verdicts.items() if verdict == "fail"]
    assert first.status == 1
    assert failed == [BROKEN]
    again = drs(*at(broken), "--failed-from", str(first.out)).check()
    assert again.status == 1
    assert again.results["selection"] == failed
    assert list(again.verdicts) == failed
    assert again.results["seed"] == 7
    mended = drs(*at(server), "--failed-from", str(first.out / "results.jsonl")).check()
    assert mended.status == 0
    assert mended.verdicts == {BROKEN: "pass"}


def refused(run: Path, **given: object) -> str:
    """The sentence that these options are refused with."""
    with pytest.raises(ConformanceError) as caught:
        taken_up(Raw.collect(lambda option: given.get(option.name.replace("-", "_")), {}, run))
    return str(caught.value)


def test_what_cannot_be_gone_back_to(whole: Ran, drs: Drs, server: Ready, tmp_path: Path) -> None:
    run = str(whole.out)
    assert "came to its end, nothing is left to do; --failed-from repeats what failed" in refused(tmp_path, resume=run)
    assert "has no requirement that failed" in refused(tmp_path, failed_from=run)
    assert "are both given" in refused(tmp_path, failed_from=run, resume=run)
    assert "cannot read" in refused(tmp_path, resume=str(tmp_path / "none"))
    cut(whole, 3)
    assert "--seed is 8, and the run of --resume had 7; leave it out" in refused(tmp_path, resume=run, seed="8")
    assert "--profile is deep, and the run of --resume had quick" in refused(tmp_path, resume=run, profile="deep")
    assert "--select is given with --resume" in refused(tmp_path, resume=run, select=["3.2"])
    kept = tmp_path / "kept"
    shutil.copytree(whole.out, kept)
    other = ("--target", server.url, "--tenant", server.domain, "--token", server.token)
    ran = drs(*other, "--resume", run, "--out", run)
    assert ran.status == 2
    assert f"tested the tenant {server.tenant!r}, not {server.domain!r}" in ran.warned
    assert {path.name: path.read_bytes() for path in kept.iterdir() if path.is_file()} == {
        path.name: path.read_bytes() for path in whole.out.iterdir() if path.is_file()
    }
