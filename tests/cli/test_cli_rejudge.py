"""`report --rejudge`: the present rules on recorded answers; what changed and by which; nothing guessed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from cli.cli_runs import COMMAND, variables
from conformance.checks import again, nonce
from conformance.checks.judgement import Judgement, Notes
from conformance.checks.verdict import Verdict
from conformance.cli import drs_conformance, rejudge
from conformance.errors import ResultsError
from conformance.exchange import Answer, Exchange, Request
from conformance.kit import twins
from conformance.kit.judgings import Judgings
from conformance.results import Judged, Outcome, RequirementOutcome, Results, TestRecord, fold, load
from conformance.spec import Catalogue, catalogue

if TYPE_CHECKING:
    from conformance.results import StreamRecord

KEY = "join-request/transport-key-magic"
CHOSEN = ("nonce/not-stored", "nonce/unique", "nonce/value", "nonce/unknown-version", KEY, "device/creates")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run against the reference server, which is gone."""
    import subprocess  # noqa: PLC0415

    out = tmp_path_factory.mktemp("rejudge") / "run"
    words = [*COMMAND, "--profile", "quick", "--out", str(out), *(word for id_ in CHOSEN for word in ("--select", id_))]
    done = subprocess.run(words, env=variables(), capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture
def records(recorded: Path) -> tuple[StreamRecord, ...]:
    return load(recorded / "results.jsonl")


def verdicts(done: rejudge.Rejudged) -> dict[str, str]:
    results: Results = fold(done.records, catalogue())
    return {item.id: item.verdict.value for item in results.requirements}


def test_the_same_rules_give_the_same_verdicts(records: tuple[StreamRecord, ...]) -> None:
    done = rejudge.rejudge(records, catalogue())
    assert done.changes == []
    assert tuple(done.records) == records
    assert {id_: done.extent[id_] for id_ in CHOSEN} == {
        "nonce/not-stored": "wholly",
        "nonce/unique": "wholly",
        "nonce/value": "wholly",
        "nonce/unknown-version": "wholly",
        KEY: "wholly",
        "device/creates": "not",
    }


def test_a_check_that_became_stricter_is_named(
    records: tuple[StreamRecord, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    @again.recorded
    def not_stored(exchange: Exchange) -> Judgement:
        notes = Notes()
        notes.hold("nonce/not-stored", exchange.answer is None, "an answer at all", "Cache-Control")
        return notes.judgement()

    monkeypatch.setattr(nonce, "not_stored", not_stored)
    done = rejudge.rejudge(records, catalogue())
    (change,) = done.changes
    assert (change.requirement, change.before, change.after, change.rule) == (
        "nonce/not-stored", "pass", "fail", "nonce.not_stored",
    )  # fmt: skip
    assert change.why == "an answer at all"
    assert verdicts(done)["nonce/not-stored"] == "fail"


def test_a_check_that_became_milder_lets_what_failed_pass(records: tuple[StreamRecord, ...]) -> None:
    """The recorded verdict is turned into a failure, as a check that was wrong would have left it."""
    failed = [_failing(record, "nonce/not-stored") for record in records]
    done = rejudge.rejudge(failed, catalogue())
    (change,) = done.changes
    assert (change.before, change.after, change.rule) == ("fail", "pass", "nonce.not_stored")
    assert verdicts(done)["nonce/not-stored"] == "pass"


def _failing(record: StreamRecord, id_: str) -> StreamRecord:
    if not isinstance(record, TestRecord):
        return record
    outcomes = [
        replace(item, outcome=Outcome.FAIL, reason="of old") if item.id == id_ else item for item in record.requirements
    ]
    return replace(record, requirements=tuple(outcomes))


def test_what_rests_on_more_than_answers_keeps_its_verdict(records: tuple[StreamRecord, ...]) -> None:
    done = rejudge.rejudge([_failing(record, "device/creates") for record in records], catalogue())
    assert done.changes == []
    assert verdicts(done)["device/creates"] == "fail"


@pytest.fixture
def nothing_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule for what a refusal is says that 400 is none."""
    judges = {twin: (send, _never_refused(judge)) for twin, (send, judge) in twins._BASELINES.items()}
    monkeypatch.setattr(twins, "_BASELINES", judges)


def _never_refused(judge: twins.Judge) -> twins.Judge:
    def judged(exchange: Exchange) -> tuple[Verdict, str]:
        found, why = judge(exchange)
        return (Verdict.WRONG, f"{why}, which is no refusal") if found is Verdict.REFUSED else (found, why)

    return judged


@pytest.mark.usefixtures("nothing_refused")
def test_another_reading_of_refusals_reaches_every_refusing_case(records: tuple[StreamRecord, ...]) -> None:
    done = rejudge.rejudge(records, catalogue())
    changed = {change.requirement: (change.before, change.after, change.rule) for change in done.changes}
    assert changed == dict.fromkeys(("nonce/unknown-version", KEY), ("pass", "fail", "refused"))
    assert all("which is no refusal" in change.why for change in done.changes)


def test_a_baseline_that_is_no_acceptance_any_more_proves_nothing(
    records: tuple[StreamRecord, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    judges = {twin: (send, _never_accepted(judge)) for twin, (send, judge) in twins._BASELINES.items()}
    monkeypatch.setattr(twins, "_BASELINES", judges)
    done = rejudge.rejudge(records, catalogue())
    changed = {change.requirement: (change.after, change.rule) for change in done.changes}
    assert changed[KEY] == ("inconclusive", "baseline")
    assert "the baseline (join) is not accepted any more" in next(c.why for c in done.changes if c.requirement == KEY)


def _never_accepted(judge: twins.Judge) -> twins.Judge:
    def judged(exchange: Exchange) -> tuple[Verdict, str]:
        found, why = judge(exchange)
        return (Verdict.WRONG if found is Verdict.ACCEPTED else found), why

    return judged


def test_a_requirement_that_is_gone_is_a_change_and_not_an_error(records: tuple[StreamRecord, ...]) -> None:
    full = catalogue()
    kept = {id_: item for id_, item in full.requirements.items() if id_ != "nonce/unique"}
    smaller = Catalogue(full.sections, kept, full.ambiguities)
    done = rejudge.rejudge(records, smaller)
    assert {(change.requirement, change.after, change.rule) for change in done.changes} == {
        ("nonce/unique", "gone", "catalogue")
    }
    assert "nonce/unique" not in {item.id for item in fold(done.records, smaller).requirements}


def test_a_rule_on_an_answer_that_is_not_there() -> None:
    test = TestRecord("t", "T", "3.2", 0.1, 1, Outcome.PASS, judged=(Judged("refused", ("nonce/value",), "nonce", 7),))
    with pytest.raises(ResultsError, match="t has a rule that names no answer of it: 'refused'"):
        rejudge.rejudge([test], catalogue())


def test_a_run_of_before_is_told_to_be_judged_not_at_all() -> None:
    outcome = RequirementOutcome("nonce/value", Outcome.PASS, "", 1, 1)
    done = rejudge.rejudge([TestRecord("t", "T", "3.2", 0.1, 1, Outcome.PASS, requirements=(outcome,))], catalogue())
    assert (done.changes, done.extent) == ([], {"nonce/value": "not"})


def test_failures_beyond_the_first_are_left_out_and_never_held_to_have_passed() -> None:
    judgings = Judgings()
    for number in range(9):
        exchange = Exchange(Request("POST", f"https://drs.example/{number}", body=b"sent"), answer=Answer(200))
        judgings.rule("refused", ("nonce/value",), "nonce", exchange, "x", failed=True)
    assert len(judgings.judged) == 5
    assert judgings.kept == {"nonce/value"}
    assert {exchange.request.body for exchange in judgings.exchanges} == {b""}


# --- the command


def report(*words: str | Path) -> Any:
    return CliRunner().invoke(drs_conformance, ["report", *map(str, words)])


def test_the_command_says_what_changed_and_writes_it(recorded: Path, tmp_path: Path) -> None:
    done = report("--rejudge", recorded, "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert "judged again: " in done.stdout
    assert done.stdout.endswith("no verdict changed\n")
    document = json.loads((tmp_path / "rejudged.json").read_text())
    assert document["changes"] == []
    assert document["requirements"]["nonce/value"] == "wholly"


@pytest.mark.usefixtures("nothing_refused")
def test_the_command_tells_each_change_in_a_line(recorded: Path, tmp_path: Path) -> None:
    done = report("--rejudge", recorded, "--out", tmp_path)
    assert f"{KEY}: pass -> fail by refused: answered 400, which is no refusal" in done.stdout
    assert json.loads((tmp_path / "results.json").read_text())["verdict"] == "nonconformant"


def test_several_runs_are_not_judged_at_once(recorded: Path, tmp_path: Path) -> None:
    done = report("--rejudge", recorded, recorded, "--out", tmp_path)
    assert (done.exit_code, done.stderr) == (2, "drs-conformance: --rejudge judges one run; name one\n")


def test_the_stream_stays_of_a_reasonable_size(recorded: Path) -> None:
    """The rules and answers cost about as much as a body each way for each request, and no more."""
    stream = (recorded / "results.jsonl").read_bytes()
    requests = json.loads((recorded / "results.json").read_text())["requests"]
    assert len(stream) < 4_096 * requests
