"""`drs-conformance prove`: its matrix, its files, its exit statuses; the runs themselves are in tests/run."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from conformance.cli import drs_conformance, proof, proving
from conformance.cli.proof import Proof, coverage
from conformance.cli.proof_page import page
from conformance.cli.proof_progress import Live
from conformance.cli.proof_row import CONTROL, Row
from conformance.cli.proof_text import coverage_lines, matrix, told
from conformance.server.defects import Defect, defects, find

BROKEN = "discovery/url-placeholders"
OTHER = "nonce/status"


def row(seen: set[str], **more: object) -> Row:
    return Row("a-defect", "A <sentence>.", frozenset({BROKEN}), frozenset(seen), **more)  # type: ignore[arg-type]


CONTROL_ROW = Row(CONTROL, "The server as it is.", frozenset())


def of(*rows: Row, fast: bool = False) -> Proof:
    return Proof((CONTROL_ROW, *rows), "quick", fast, coverage(defects()), len(rows) + 1)


@pytest.mark.parametrize(
    ("given", "exact", "status"),
    [
        (row({BROKEN}), True, 0),
        (row(set()), False, 1),
        (row({BROKEN, OTHER}), False, 1),
        (row({OTHER}), False, 1),
        (row({BROKEN, OTHER}, fast=True), True, 0),
        (row(set(), fast=True), False, 1),
        (row({BROKEN}, unclear=frozenset({OTHER})), False, 1),
        (row({BROKEN}, unclear=frozenset({OTHER}), blinds=True), True, 0),
        (row({BROKEN}, problem="the suite did not end"), False, 3),
    ],
)
def test_a_row_is_exact_when_what_is_seen_is_what_is_broken(given: Row, exact: bool, status: int) -> None:
    assert given.exact is exact
    assert of(given).exit_status == status


def test_below_the_matrix_stands_what_was_missed_and_what_is_noise() -> None:
    *_, wrong, sentence, _ = matrix(of(row({OTHER})))
    assert wrong.endswith(f"inexact  a-defect; missed: {BROKEN}; noise: {OTHER}")
    assert sentence == "0 of 1 defects are seen exactly; they break 1 requirement."


def test_a_defect_that_was_not_judged_was_not_overlooked() -> None:
    blind = told(row(set(), unclear=frozenset({BROKEN, OTHER})))
    assert blind.endswith(f"inexact  a-defect; missed for want of a verdict: {BROKEN}; not judged: {OTHER}")


def test_a_fast_matrix_says_that_noise_is_not_known() -> None:
    assert any("noise is not known" in line for line in matrix(of(row({BROKEN}, fast=True), fast=True)))


def test_the_page_escapes_what_it_tells() -> None:
    assert "A &lt;sentence&gt;." in page(of(row(set())))


def test_only_what_a_server_can_break_is_left_open() -> None:
    found = {one.requirement.id: one for one in coverage([])}
    assert found[BROKEN].open
    assert found["discovery/no-request-body"].reason
    assert not found["discovery/no-request-body"].open
    assert not found["field-services/nonce-jwe"].open
    assert BROKEN not in {one.requirement.id for one in coverage([find("leaves-a-placeholder")])}


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Runs that see just what they should, for the defects listed."""
    asked: list[str | None] = []

    def prove(defect: Defect | None, _out: Path, _profile: str, _select: tuple[str, ...] = (), **_: bool) -> Row:
        asked.append(defect.name if defect else None)
        return Row(defect.name, defect.sentence, defect.breaks, defect.breaks) if defect else CONTROL_ROW

    monkeypatch.setattr(proving, "prove", prove)
    return asked


def test_named_defects_are_proved_beside_the_control(rows: list[str | None], tmp_path: Path) -> None:
    arguments = ["prove", "--defect", "takes_any_audience", "--out", str(tmp_path), "--jobs", "1"]
    done = CliRunner().invoke(drs_conformance, arguments)
    assert done.exit_code == 0, done.output
    assert rows == [None, "takes-any-audience"]
    told = json.loads((tmp_path / "proof.json").read_text())
    assert (told["format"], told["exact"]) == (proof.FORMAT, True)
    assert [one["defect"] for one in told["rows"]] == [CONTROL, "takes-any-audience"]
    assert "takes-any-audience" in (tmp_path / "proof.html").read_text()


def test_an_unknown_defect_is_a_wrong_command_that_names_the_nearest(rows: list[str | None]) -> None:
    done = CliRunner().invoke(drs_conformance, ["prove", "--defect", "takes-audience"])
    assert done.exit_code == 2
    assert "takes-any-audience" in done.output
    assert rows == []


def test_a_folder_that_cannot_be_written_to_is_a_wrong_command(rows: list[str | None], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = CliRunner().invoke(drs_conformance, ["prove", "--out", str(tmp_path / "file" / "below")])
    assert done.exit_code == 2, done.output
    assert rows == []


def test_the_coverage_alone_runs_nothing(rows: list[str | None]) -> None:
    done = CliRunner().invoke(drs_conformance, ["prove", "--coverage"])
    assert done.output.splitlines() == coverage_lines(coverage(defects()))
    assert rows == []


def test_many_requirements_are_told_by_their_number_and_the_first_few() -> None:
    many = row({BROKEN}, unclear=frozenset(f"a/b{number}" for number in range(150)))
    line = "not judged: a/b0, a/b1, a/b10, a/b100 and 146 more (150 in all)"
    assert line in told(many)
    assert told(many) in matrix(of(many))
    assert "and 138 more, which proof.json names" in page(of(many))
    assert len(of(many).to_json()["rows"][1]["unclear"]) == 150


def test_of_a_run_that_was_not_done_only_the_reason_is_told() -> None:
    assert told(row(set(), problem="the suite did not end")).endswith("not done a-defect; the suite did not end")


def test_an_interrupted_proof_says_what_is_lacking_and_proves_nothing() -> None:
    cut = Proof((CONTROL_ROW, row({BROKEN})), "standard", False, (), 9)
    assert cut.exit_status == 3
    assert "Interrupted: 7 of 9 rows were not made." in matrix(cut)
    assert cut.to_json()["complete"] is False
    assert "? Incomplete" in page(cut)


def test_the_order_needs_all_defects(rows: list[str | None], tmp_path: Path) -> None:
    arguments = ["prove", "--defect", "takes_any_audience", "--order", str(tmp_path / "order.json")]
    done = CliRunner().invoke(drs_conformance, arguments)
    assert (done.exit_code, done.output) == (2, "drs-conformance: --order needs all defects; leave --defect out\n")
    assert rows == []


@pytest.mark.parametrize("fast", [(), ("--fast",)])
def test_the_control_of_a_named_fast_proof_is_fast_too(
    fast: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    selected: dict[str, tuple[str, ...]] = {}
    spoken: list[bool] = []

    def prove(
        defect: Defect | None, _out: Path, _profile: str, select: tuple[str, ...] = (), *, tls: bool = False
    ) -> Row:
        selected[defect.name if defect else CONTROL] = select
        spoken.append(tls)
        return Row(defect.name, defect.sentence, defect.breaks, defect.breaks) if defect else CONTROL_ROW

    monkeypatch.setattr(proving, "prove", prove)
    arguments = ["prove", "--defect", "takes_any_audience", "--out", str(tmp_path), *fast]
    assert CliRunner().invoke(drs_conformance, arguments).exit_code == 0
    wanted = tuple(sorted(find("takes-any-audience").breaks)) if fast else ()
    assert selected == {CONTROL: wanted, "takes-any-audience": wanted}
    assert not any(spoken)
    arguments[2] = "speaks-old-tls"
    assert CliRunner().invoke(drs_conformance, arguments).exit_code == 0
    assert sorted(spoken) == [False, False, False, True], "the control speaks TLS where the defect has to"


def test_on_a_terminal_one_line_moves_and_what_is_wrong_stays() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=90, soft_wrap=True, highlight=False, markup=False)
    with Live(2, console) as watching:
        watching.ended(row({BROKEN}))
        watching.ended(row(set()))
    assert "[2/2]   0.0 s  inexact  a-defect; missed: discovery/url-placeholders" in file.getvalue()
    assert "[1/2]" not in file.getvalue()
    assert "1 not exact, last a-defect" in file.getvalue()


def test_ended_by_a_signal_it_leaves_no_process_and_writes_what_it_has(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "conformance",
        "prove",
        "--jobs",
        "2",
        "--profile",
        "quick",
        "--out",
        str(tmp_path),
    ]
    names = ["--defect", "takes-any-audience", "--defect", "names-no-upn"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen([*command, *names], stderr=subprocess.PIPE, text=True, env=environment) as process:
        wait_for(lambda: list(tmp_path.glob("drs-prove-*/*/results.jsonl")))  # servers and suites are at work
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "interrupted; a second time ends it at once" in said
    assert json.loads((tmp_path / "proof.json").read_text())["complete"] is False
    assert list(tmp_path.glob("drs-*")) == []  # a server that was ended has removed its folder


def wait_for(found: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not found():
        assert time.monotonic() < until, "nothing began"
        time.sleep(0.05)
