"""`drs-conformance report`: renders again, compares runs, and answers bad input with one sentence and status 2."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli import drs_conformance
from conformance.report.formats import FORMATS
from conformance.results import Footer, Header, Outcome, RequirementOutcome, TestRecord, Writer
from conformance.spec import catalogue

FIRST = next(iter(catalogue().requirements.values()))


def record(path: Path, outcome: Outcome = Outcome.PASS, *, whole: bool = True, id_: str = FIRST.id) -> Path:
    """A run of one test, written where a run writes it."""
    with Writer(path / "results.jsonl") as writer:
        target = {"url": "https://drs.example"}
        only = (FIRST.id,)  # of a whole selection one test would be too little for a verdict
        writer.write(Header("2026-11-22T16:00:00Z", target, "quick", "must", 7, {}, selection=only))
        kept = (RequirementOutcome(id_, outcome, "it was accepted", 1, 1),)
        writer.write(TestRecord("s.py::t", "Sends.", FIRST.section, 0.1, 1, outcome, requirements=kept))
        if whole:
            writer.write(Footer("2026-11-22T16:00:01Z", 1.0, 1))
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(drs_conformance, ["report", *map(str, arguments)])


def test_a_run_is_rendered_again(tmp_path: Path) -> None:
    done = run(record(tmp_path / "run"), "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {item.name for item in FORMATS} | {"allure-results"}
    assert "conformant" in done.stdout
    assert str(tmp_path / "out" / "index.html") in done.stdout.replace("\n", "")


def test_the_file_may_be_named_itself(tmp_path: Path) -> None:
    done = run(record(tmp_path) / "results.jsonl", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output


def test_without_out_it_goes_into_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    assert run("run").exit_code == 0
    assert (tmp_path / "reports" / "index.html").is_file()


def test_rendering_a_failed_run_is_no_failure_of_the_command(tmp_path: Path) -> None:
    done = run(record(tmp_path, Outcome.FAIL), "--out", tmp_path / "out")
    assert (done.exit_code, "nonconformant" in done.stdout) == (0, True)


def test_a_run_cut_short_is_rendered_too(tmp_path: Path) -> None:
    done = run(record(tmp_path, whole=False), "--out", tmp_path / "out")
    assert done.exit_code == 3
    assert "The run was cut off before its footer" in done.stdout
    assert done.stderr == (
        f"drs-conformance: {tmp_path} was cut off before its footer; the report tells what it holds\n"
    )


@pytest.mark.parametrize("place", ["header", "test", "half a line"])
def test_a_run_cut_off_anywhere_is_readable_and_ends_with_3(tmp_path: Path, place: str) -> None:
    """As `kill -9` leaves it: after a whole line, or in the middle of one."""
    stream = record(tmp_path, Outcome.FAIL) / "results.jsonl"
    lines = stream.read_bytes().splitlines(keepends=True)
    kept = {"header": lines[:1], "test": lines[:2], "half a line": [lines[0], lines[1][:-40]]}[place]
    stream.write_bytes(b"".join(kept))
    done = run(tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 3
    assert "was cut off before its footer" in done.stderr
    document = json.loads((tmp_path / "out" / "results.json").read_text())
    assert (document["ended"], document["exit_status"]) == (None, 1 if place == "test" else 3)


def test_one_cut_off_among_several_is_named(tmp_path: Path) -> None:
    done = run(record(tmp_path / "a"), record(tmp_path / "b", whole=False), "--out", tmp_path / "out")
    assert (done.exit_code, done.stderr.count("\n")) == (3, 1)
    assert f"{tmp_path / 'b'} was cut off" in done.stderr


def test_runs_side_by_side(tmp_path: Path) -> None:
    runs = [record(tmp_path / "a"), record(tmp_path / "b", Outcome.FAIL)]
    done = run(*runs, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "run-2" / "index.html").is_file()
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "1 requirement of" in page
    assert f'href="run-2/index.html#{FIRST.id}"' in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "No such file or directory; name the folder of a run, or its results.jsonl"),
        (b"", "is empty: a result stream begins with its header"),
        (b"\x89PNG\r\n", "line 1: not JSON, so not a result stream"),
        (b'{"record":"header","format":"other/9"}\n', "line 1: the format is 'other/9', this version reads"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "results.jsonl").write_bytes(content)
    done = run(tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert done.stderr.startswith("drs-conformance: ")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("member", "value", "sentence"),
    [
        ("seconds", "NaN", "line 2: TestRecord.seconds is no number that a run comes to"),
        ("seconds", "-1e999", "line 2: TestRecord.seconds is no number"),
        ("seconds", "1" + "0" * 400, "line 2: TestRecord.seconds is no number"),
        ("requests", "1" + "0" * 400, "line 2: TestRecord.requests is no number"),
        ("layers", f'{{"json": 1{"0" * 400}}}', "line 2: TestRecord.layers.json is no number"),
        ("started", '"yesterday"', "line 1: Header.started is 'yesterday', which is no moment"),
        ("started", '"0001-01-01T00:00:00"', "which is no moment in ISO 8601 with its zone"),
        ("budget", "Infinity", "line 1: Header.budget is no number"),
    ],
)
def test_a_value_that_no_run_writes_is_one_sentence(tmp_path: Path, member: str, value: str, sentence: str) -> None:
    done = run(doctored(tmp_path, member, value), "--out", tmp_path / "out")
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert sentence in done.stderr


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("section", f'"{"9" * 5000}.1"'),
        ("observations", f'[{{"ambiguity": "A{"9" * 5000}", "reading": "x"}}]'),
        ("test", '"\\ud800::t[x"'),
        ("seconds", "9e15"),
        ("started", '"9999-12-31T23:59:59Z"'),
        ("started", '"0001-01-01T00:00:00+14:00"'),
    ],
)
def test_whatever_a_record_holds_it_is_rendered(tmp_path: Path, member: str, value: str) -> None:
    done = run(doctored(tmp_path, member, value), "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert {item.name for item in FORMATS} <= {path.name for path in (tmp_path / "out").iterdir()}


def doctored(path: Path, member: str, value: str) -> Path:
    """A run with another value of a member, in each record that has it, but for the footer."""
    stream = record(path) / "results.jsonl"
    *lines, footer = stream.read_text(encoding="ascii").splitlines()
    held = [json.loads(line) for line in lines]
    assert any(member in one for one in held)
    changed = [json.dumps({**one, member: "HERE"} if member in one else one) for one in held]
    stream.write_text("\n".join([*changed, footer, ""]).replace('"HERE"', value), encoding="ascii")
    return path


def test_results_of_another_version_are_one_sentence(tmp_path: Path) -> None:
    done = run(record(tmp_path, id_="device/unheard-of"), "--out", tmp_path / "out")
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "'device/unheard-of', which this version's catalogue does not have" in done.stderr


def test_nothing_to_report_on_says_what_would_do(tmp_path: Path) -> None:
    done = run("--out", tmp_path)
    assert done.exit_code == 2
    assert "missing argument 'RESULTS...'" in done.stderr


def test_an_unwritable_out_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(record(tmp_path / "run"), "--out", tmp_path / "file")
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "give another directory with --out" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        *(["report", "{}"], ["replay", "x", "{}"], ["serve", "--state", "{}"], ["baseline", "write", "{}", "run"]),
        *(["--resume", "{}"], ["--failed-from", "{}"]),
    ],
    ids=lambda words: words[0],
)
def test_a_name_that_no_file_has_is_one_sentence_of_any_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(drs_conformance, [word.format("a" * 300) for word in words])
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1), done.output
    assert f"'{'a' * 40}'… is too long for a name; name another" in done.stderr
