"""`--baseline` and `drs-conformance baseline`: what is known passes the gate, what is new does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from conformance.cli import drs_conformance
from conformance.results import Evidence, Footer, Header, Outcome, RequirementOutcome, TestRecord, Writer
from conformance.server import Settings, running
from conformance.spec import Level, Party, catalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.cli_runs import Ran

    Drs = Callable[..., Ran]

MUSTS = [
    item.id
    for item in catalogue().requirements.values()
    if item.level is Level.MUST and item.party is Party.SERVER and not item.untestable
]
ONE, TWO, THREE = MUSTS[:3]


def entry(id_: str, reason: str = "Known.", more: str = "") -> str:
    return f'[[accepted]]\nrequirement = "{id_}"\nreason = "{reason}"\n{more}\n'


def record(path: Path, outcomes: dict[str, Outcome], *, whole: bool = True, profile: str = "standard") -> Path:
    """A run in which these came out so, and nothing else was selected."""
    with Writer(path / "results.jsonl") as writer:
        target = {"url": "https://drs.example"}
        writer.write(Header("2026-11-22T16:00:00Z", target, profile, "must", 7, {}, selection=tuple(outcomes)))
        for id_, outcome in outcomes.items():
            evidence = (Evidence("it was accepted"),) if outcome is Outcome.FAIL else ()
            kept = (RequirementOutcome(id_, outcome, "it was accepted", 1, 1, evidence),)
            writer.write(TestRecord(f"s.py::{id_}", "Sends.", "2.1.1", 0.1, 1, outcome, requirements=kept))
        if whole:
            writer.write(Footer("2026-11-22T16:00:01Z", 1.0, 1))
    return path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(drs_conformance, ["baseline", *map(str, words)])


def test_write_accepts_what_failed_and_check_agrees(tmp_path: Path) -> None:
    runs = record(tmp_path / "run", {ONE: Outcome.FAIL, TWO: Outcome.PASS}, profile="quick")
    file = tmp_path / "baseline.toml"
    done = run("write", file, runs, "--reason", 'Known, "quoted".', "--expires", "2099-01-31")
    assert (done.exit_code, done.output) == (0, f"{file}: 1 new entry, 0 kept, 0 removed\n")
    assert f'requirement = "{ONE}"' in file.read_text(encoding="utf-8")
    assert 'expires = 2099-01-31\nprofile = "quick"\n' in file.read_text(encoding="utf-8")
    done = run("check", file, runs)
    assert done.exit_code == 0, done.output
    assert f'{ONE}: accepted (Known, "quoted".; until 2099-01-31)\n' in done.stdout
    assert done.stdout.endswith(f"nonconformant  1 MUST requirement failed: {ONE}; the baseline accepts it.\n")


def test_write_keeps_reasons_and_drops_what_fails_no_more(tmp_path: Path) -> None:
    file = tmp_path / "baseline.toml"
    file.write_text(entry(ONE, "Mine.", "expires = 2020-01-01") + entry(TWO) + entry(THREE), encoding="utf-8")
    runs = record(tmp_path / "run", {ONE: Outcome.FAIL, TWO: Outcome.PASS, THREE: Outcome.SKIP})
    done = run("write", file, runs)
    assert (done.exit_code, done.output) == (0, f"{file}: 0 new entries, 2 kept, 1 removed\n")
    text = file.read_text(encoding="utf-8")
    assert 'reason = "Mine."\nexpires = 2020-01-01' in text
    assert THREE in text
    assert TWO not in text


def test_write_keeps_what_a_quick_run_may_not_have_tried(tmp_path: Path) -> None:
    file = tmp_path / "baseline.toml"
    file.write_text(entry(ONE) + entry(TWO, more='profile = "quick"'), encoding="utf-8")
    runs = record(tmp_path / "run", {ONE: Outcome.PASS, TWO: Outcome.PASS}, profile="quick")
    done = run("check", file, runs)
    assert f"{ONE}: is not told by this run, which tried less of it or nothing (Known.)\n" in done.stdout
    done = run("write", file, runs)
    assert (done.exit_code, done.output) == (0, f"{file}: 0 new entries, 1 kept, 1 removed\n")
    assert ONE in file.read_text(encoding="utf-8")


def test_write_asks_for_a_reason_and_touches_nothing_before(tmp_path: Path) -> None:
    file = tmp_path / "baseline.toml"
    for words in ((), ("--reason", " ")):
        done = run("write", file, record(tmp_path / "run", {ONE: Outcome.FAIL}), *words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr == (f"drs-conformance: {ONE} would be accepted without a reason; give it as --reason\n")
    assert not file.exists()


def test_a_day_that_is_none(tmp_path: Path) -> None:
    words = ("write", tmp_path / "b.toml", record(tmp_path, {ONE: Outcome.FAIL}), "--reason", "r", "--expires", "soon")
    done = run(*words)
    assert (done.exit_code, done.stderr) == (
        2, "drs-conformance: --expires 'soon' is no day; write it as 2027-03-31\n",
    )  # fmt: skip


def test_check_names_what_is_new_fixed_and_expired(tmp_path: Path) -> None:
    file = tmp_path / "b.toml"
    file.write_text(entry(TWO) + entry(THREE, more="expires = 2026-11-21") + entry(MUSTS[4]), encoding="utf-8")
    runs = record(tmp_path / "run", {ONE: Outcome.FAIL, TWO: Outcome.PASS, THREE: Outcome.FAIL})
    done = run("check", file, runs)
    assert done.exit_code == 1
    assert f"{TWO}: fails no more, remove it (Known.)\n" in done.stdout
    assert f"{THREE}: expired (Known.; until 2026-11-21)\n" in done.stdout
    assert f"{MUSTS[4]}: was not selected in this run (Known.)\n" in done.stdout
    assert f"{ONE}: failed and is not accepted: it was accepted\n" in done.stdout
    assert f"{THREE}: failed and is not accepted: it was accepted\n" in done.stdout


def test_check_is_strict_when_told(tmp_path: Path) -> None:
    file = tmp_path / "b.toml"
    file.write_text(entry(ONE), encoding="utf-8")
    runs = record(tmp_path / "run", {ONE: Outcome.PASS})
    assert run("check", file, runs).exit_code == 0
    assert run("check", file, runs, "--strict").exit_code == 1


def test_check_of_a_run_that_was_cut_off(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(entry(ONE), encoding="utf-8")
    done = run("check", tmp_path / "b.toml", record(tmp_path, {ONE: Outcome.FAIL}, whole=False))
    assert done.exit_code == 3
    assert "incomplete  The run was cut off before its footer." in done.stdout


@pytest.mark.parametrize(("day", "status"), [("2020-01-01", 1), ("2999-01-01", 0)])
def test_check_of_a_file_alone(tmp_path: Path, day: str, status: int) -> None:
    file = tmp_path / "b.toml"
    file.write_text(entry(ONE, more=f"expires = {day}") + entry(TWO), encoding="utf-8")
    done = run("check", file)
    assert done.exit_code == status
    assert done.stdout.endswith(f"{file}: 2 entries, {status} expired\n")


def test_a_wrong_file_is_one_sentence_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(entry("nonce/not-store"), encoding="utf-8")
    done = run("check", tmp_path / "b.toml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"drs-conformance: the baseline {tmp_path / 'b.toml'}, entry 1: there is no requirement 'nonce/not-store'; "
        "the nearest id is nonce/not-stored\n"
    )


# --- runs


CHOSEN = ("--select", "nonce/not-stored", "--select", "nonce/value", "--gate", "should")


def test_a_run_with_a_baseline(drs: Drs, tmp_path: Path) -> None:
    """One defect, accepted: the gate opens, and terminal, JSON, JUnit and page say failed, accepted, and why."""
    file = tmp_path / "baseline.toml"
    file.write_text(entry("nonce/not-stored", "The cache <b>."), encoding="utf-8")
    with running(Settings(defects=("lets-caches-keep-nonces",))) as ready:
        target = ("--target", ready.url, "--tenant", ready.tenant, "--token", ready.token)
        ran = drs(*CHOSEN, *target, "--baseline", str(file))
        gated = drs(*CHOSEN, *target)
    assert (gated.status, gated.results["verdict"]) == (1, "nonconformant")
    assert (ran.status, ran.results["verdict"], ran.results["exit_status"]) == (0, "nonconformant", 0)
    assert ran.results["counts"]["fail"] == 1
    assert "ACCEPTED nonce/not-stored" in ran.said
    assert "baseline: 1 accepted" in ran.said
    junit = ET.parse(ran.out / "junit.xml").getroot()
    (skipped,) = junit.iter("skipped")
    assert skipped.get("type") == "accepted"
    assert (skipped.get("message") or "").startswith("accepted failure (The cache <b>.): ")
    assert (junit.get("failures"), next(junit.iter("testsuite")).get("skipped")) == ("0", "1")
    assert json.loads((ran.out / "results.jsonl").read_text().splitlines()[0])["accepted"]


def test_what_is_fixed_is_told_and_gates_when_strict(drs: Drs, tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(entry("nonce/not-stored", more='profile = "quick"'), encoding="utf-8")
    ran = drs(*CHOSEN, "--baseline", str(tmp_path / "b.toml"))
    assert (ran.status, ran.results["verdict"]) == (0, "conformant")
    assert "baseline: 1 no longer failing (nonce/not-stored)" in ran.said
    ran = drs(*CHOSEN, "--baseline", str(tmp_path / "b.toml"), "--strict-baseline")
    assert (ran.status, ran.results["verdict"]) == (1, "conformant")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--strict-baseline",), "--strict-baseline is given without --baseline; name the file, or leave it out"),
        (
            ("--baseline", "none.toml"),
            "the baseline none.toml cannot be read (No such file or directory); baseline write makes one",
        ),
    ],
)
def test_wrong_options(drs: Drs, words: tuple[str, ...], sentence: str) -> None:
    ran = drs(*words)
    assert (ran.status, ran.warned) == (2, f"drs-conformance: {sentence}\n")
