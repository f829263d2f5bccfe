"""`drs-conformance fuzz`: round after round as one campaign, which a kill does not end and Ctrl-C ends well."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.cli_runs import COMMAND, Started, variables
from conformance.cli import drs_conformance
from conformance.cli.fuzz import seconds
from conformance.cli.fuzz_found import Found, merged
from conformance.cli.fuzz_state import FILE, State, taken_up
from conformance.cli.fuzz_text import Screen
from conformance.errors import UsageError
from conformance.paths import SUITES
from conformance.plugin import rounds
from conformance.plugin.rounds import draws
from conformance.results import Device, EditRecord, Evidence, Outcome, RequirementOutcome, TestRecord
from conformance.server import Settings, running
from conformance.server.settings import Ready

Start = Callable[..., Started]
ONE_PROCESS = "--max-devices counts the devices of one process; leave out --jobs"
UNKNOWN = "discovery/unknown-domain"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start("--for", "1m")` begins a campaign, or goes on with it."""
    started: list[Started] = []

    def begin(*words: str) -> Started:
        out = tmp_path / "out"
        command = [*COMMAND, "fuzz", *words, "--profile", "quick", "--out", str(out)]
        started.append(Started(command, tmp_path, variables(), out))
        return started[-1]

    yield begin
    for run in started:
        if run.process.poll() is None:
            run.process.kill()
            run.process.communicate()


@pytest.fixture(scope="module")
def faulty() -> Iterator[Ready]:
    with running(Settings(defects=("takes-unknown-domains-for-its-own",))) as ready:
        yield ready


def state(out: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((out / FILE).read_text(encoding="ascii"))
    return value


def until(run: Started, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The campaign's state once this holds of it."""
    for _ in range(600):
        if (run.out / FILE).exists() and holds(found := state(run.out)):
            return found
        assert run.process.poll() is None, run.end().warned
        time.sleep(0.1)
    raise AssertionError(f"it never came to it: {state(run.out)}")


# --- a campaign


def test_a_campaign_is_killed_goes_on_and_is_ended(start: Start, faulty: Ready) -> None:
    given = ("--target", faulty.url, "--tenant", faulty.tenant, "--token", faulty.token, "--select", UNKNOWN)
    words = (*given, "--for", "5m")
    first = start(*words)
    until(first, lambda found: found["rounds"] >= 1 and bool(found["open"]))
    first.signal(signal.SIGKILL)
    first.process.communicate()
    killed = state(first.out)

    second = start(*words)
    now = until(second, lambda found: found["rounds"] > killed["rounds"] + 1)
    assert now["first"] == killed["first"]
    assert now["next"] == (now["first"] + now["rounds"] + len(now["open"])) % 2**32
    second.signal(signal.SIGINT)
    ran = second.end().check()
    assert ran.status == 1
    assert ran.verdicts[UNKNOWN] == "fail"
    last = state(ran.out)
    assert last["open"] == {}
    assert last["found"]["requests"] >= now["found"]["requests"] >= killed["found"]["requests"] > 0
    failures = last["found"]["failures"]
    assert {(failure["requirement"], failure["seed"]) for failure in failures} == {(UNKNOWN, last["first"])}
    drawn, walked = sorted((failure["rounds"] for failure in failures), reverse=True)
    assert 2 <= drawn <= last["rounds"]  # the round that was killed may have come to nothing
    assert 1 <= walked <= 2  # of names close to the tenant's, which only a round of the whole suite sends
    assert f"FAILED {UNKNOWN}" in first_line_of(killed) or f"FAILED {UNKNOWN}" in ran.said
    assert f"with --seed {last['first']}" in ran.said
    assert "2 distinct failures" in ran.said
    assert [path.name for path in ran.out.iterdir() if path.name.startswith("round")] == []
    assert not [name for name, content in ran.everything() if faulty.token.rpartition(".")[2].encode() in content]


def first_line_of(found: dict[str, Any]) -> str:
    """What was said of the first failure, where it came before the kill."""
    return "".join(f"FAILED {failure['requirement']}" for failure in found["found"]["failures"])


def test_a_target_that_is_not_there_is_not_waited_for(start: Start) -> None:
    given = ("--target", "http://127.0.0.1:9", "--tenant", "a.example", "--for", "1h")
    ran = start(*given).end()
    assert ran.status == 3
    assert "ended before its time: 1 round in a row came to no test" in ran.said
    assert "the target at http://127.0.0.1:9 gives no answer" in " ".join(ran.said.split())
    assert "Traceback" not in ran.said + ran.warned


WRONG = {
    ("--for", "soon"): "--for 'soon' is not a time; give it as 90m, 12h or 2d",
    ("--for", "1h", "--jobs", "none"): "--jobs 'none' is not a number of rounds from 1 to 64",
    ("--for", "1h", "--profile", "fast"): "--profile 'fast' is none of quick, standard, deep",
    (
        "--for",
        "1h",
        "--jobs",
        "2",
        "--max-devices",
        "9",
    ): ONE_PROCESS,
    ("--for", "1h", "--token", "a"): "--token is given without --target",
    ("--for", "1h", "--target", "a"): "--target 'a' has no scheme",
    (): "missing option '--for'",
}


@pytest.mark.parametrize("given", WRONG, ids=lambda given: " ".join(given) or "nothing")
def test_a_wrong_option_is_one_sentence(
    given: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        drs_conformance.main(["fuzz", "--out", str(tmp_path / "out"), *given], prog_name="drs-conformance")
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert WRONG[given] in said
    assert len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "meant"), [("90m", 5400), ("2d", 172_800), ("1h30m", 5400), ("0.5h", 1800), ("9s", 9)]
)
def test_times(text: str, meant: float) -> None:
    assert seconds(text) == meant


@pytest.mark.parametrize("text", ["", "h", "1", "30m1h", "0s", "-1h", "1 h"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UsageError):
        seconds(text)


# --- its state


def test_a_campaign_of_something_else_is_refused(tmp_path: Path) -> None:
    about: dict[str, Any] = {"target": "https://a", "tenant": None, "profile": "quick", "selection": []}
    State(about, 7, 9, rounds=2).save(tmp_path)
    assert taken_up(tmp_path, about, 1, named=False).next == 9
    with pytest.raises(UsageError, match="holds a campaign with the target 'https://a', not 'https://b'; name another"):
        taken_up(tmp_path, about | {"target": "https://b"}, 1, named=False)
    with pytest.raises(UsageError, match="began with the seed 7, not 1; leave --seed out to go on"):
        taken_up(tmp_path, about, 1, named=True)
    (tmp_path / FILE).write_text("{", encoding="ascii")
    with pytest.raises(UsageError, match="is no campaign that this version reads; name another --out"):
        taken_up(tmp_path, about, 1, named=False)


@pytest.mark.parametrize(
    "change",
    [
        {"open": {"../precious": [1, 0, 0]}}, {"open": {"round-0/../../x": [1, 0, 0]}}, {"open": {"round-0": [1]}},
        {"open": {"round-0": ["a", 0, 0]}}, {"open": {"round-0": [1, 0, -1]}}, {"open": [1]}, {"seconds": "x"},
        {"seconds": -1}, {"next": "a"}, {"by": "../x"}, {"rounds": []}, {"whole": "yes"}, {"header": {"a": 1}},
        {"header": 3}, {"found": {"tests": [], "failures": [], "requests": "x", "cases": 0, "created": 0}},
        {"found": {"tests": [], "failures": [{"requirement": "a/b", "test": "t", "problem": 3, "seed": 1}],
                   "requests": 0, "cases": 0, "created": 0}},
    ],
)  # fmt: skip
def test_a_state_that_somebody_has_changed_is_no_campaign(tmp_path: Path, change: dict[str, Any]) -> None:
    about: dict[str, Any] = {"target": "https://a", "tenant": None, "profile": "quick", "selection": []}
    folder = tmp_path / "out"
    folder.mkdir()
    State(about, 7, 9, rounds=2, open={"round-0": [1, 0, 0]}).save(folder)
    assert taken_up(folder, about, 7, named=True).open == {"round-0": [1, 0, 0]}
    value = json.loads((folder / FILE).read_text(encoding="ascii")) | change
    (folder / FILE).write_text(json.dumps(value), encoding="ascii")
    with pytest.raises(UsageError, match="is no campaign that this version reads; name another --out"):
        taken_up(folder, about, 7, named=True)


# --- what is found


def record(outcome: Outcome, after: str = "", test: str = "suites/test_a.py::test_a") -> TestRecord:
    edit = EditRecord("a/b", "name", "title", "blob", "/a", "00", after)
    failures = (Evidence(f"accepted {after}", edit=edit),) if outcome is Outcome.FAIL else ()
    told = RequirementOutcome("a/b", outcome, outcome.value, 2, 3, failures)
    return TestRecord(test, "title", "2.1", 1.0, 4, outcome, outcome.value, (told,), layers={"blob": 1})


def test_rounds_come_together_as_one_run() -> None:
    found = Found()
    assert found.take(record(Outcome.PASS), 1) == []
    (new,) = found.take(record(Outcome.FAIL, "ffff"), 2)
    assert (new.requirement, new.seed, new.rounds) == ("a/b", 2, 1)
    for seed, after in enumerate(("ff", "ffffff", "fff", "ffff"), start=3):
        assert found.take(record(Outcome.FAIL, after), seed) == []
    found.take(Device("1", "", ""), 3)
    found.take(Device("1", "", "", removed=True), 3)
    (test,) = found.tests.values()
    (one,) = test.requirements
    assert (one.outcome, one.cases, one.requests) == (Outcome.FAIL, 12, 18)
    assert [evidence.edit and evidence.edit.after for evidence in one.failures] == ["ff", "fff", "ffff"]
    assert (test.requests, test.seconds, test.layers, test.outcome) == (24, 6.0, {"blob": 6}, Outcome.FAIL)
    assert (found.requests, found.cases, found.created) == (24, 12, 1)
    assert found.failures["a/b", test.test].rounds == 5
    assert found.verdicts() == {"a/b": Outcome.FAIL}
    again = Found.from_json(json.loads(json.dumps(found.to_json())))
    assert again == found


def test_one_round_is_no_rounds(capsys: pytest.CaptureFixture[str]) -> None:
    state = State({"profile": "quick"}, 7, 8, rounds=1)
    state.found.take(replace(record(Outcome.FAIL, "ff"), requests=1, requirements=(one_case(),)), 7)
    screen = Screen()
    screen.begin(state, 60)
    screen.end(state, None, "")
    said = capsys.readouterr().out
    assert "goes on behind 1 round\n" in said
    assert "a/b: in 1 round, first with --seed 7" in said
    assert re.search(r"^1 round, 1 request \(.*\), 1 case \(.*\), .*, 1 distinct failure$", said, re.MULTILINE)


def one_case() -> RequirementOutcome:
    return RequirementOutcome("a/b", Outcome.FAIL, "fail", 1, 1, (Evidence("accepted ff"),))


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (Outcome.INCONCLUSIVE, Outcome.PASS, Outcome.PASS),
        (Outcome.SKIP, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE),
        (Outcome.PASS, Outcome.ERROR, Outcome.ERROR),
        (Outcome.ERROR, Outcome.FAIL, Outcome.FAIL),
    ],
)
def test_what_one_round_could_not_prove_another_may_have(one: Outcome, other: Outcome, both: Outcome) -> None:
    for first, second in ((one, other), (other, one)):
        together = merged(record(first), record(second))
        assert (together.outcome, together.requirements[0].outcome) == (both, both)
        assert together.reason == both.value


def test_records_of_a_weekend_stay_small() -> None:
    found = Found()
    for seed in range(200):
        found.take(replace(record(Outcome.FAIL, "0" * (seed % 50)), exchanges=()), seed)
    small = len(json.dumps(found.to_json()))
    for seed in range(200, 2000):
        found.take(record(Outcome.FAIL, "0" * (seed % 50)), seed)
    assert len(json.dumps(found.to_json())) < small + 100


# --- which tests a round has


def test_a_run_that_a_round_begins_is_no_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(rounds.ROUND, f"drawn/{os.getppid()}")
    assert rounds.kind() == rounds.DRAWN
    assert not rounds.orphaned()
    monkeypatch.setattr(os, "getppid", lambda: 1)
    assert rounds.orphaned()
    monkeypatch.setenv(rounds.ROUND, f"drawn/{os.getpid()}")  # as a rehearsal has it, whose parent is the round
    assert rounds.kind() is None
    assert not rounds.orphaned()


def test_what_draws_is_run_again() -> None:
    import importlib  # noqa: PLC0415 - the suites take their settings as they are imported

    bytes_ = importlib.import_module("conformance.suites.test_join_request_bytes")
    flow = importlib.import_module("conformance.suites.test_flow")
    assert SUITES.is_dir()
    assert all(draws(function) for name, function in vars(bytes_).items() if name.startswith("test_"))
    assert draws(flow.test_any_story)
    assert not draws(flow.test_a_story_of_everything)
    assert not draws(None)
