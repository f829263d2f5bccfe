"""What lies in the folder of a report: every file whole, the bodies byte for byte, and nothing left of an older one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.report import allure, files, json_, write_all, write_comparison
from conformance.results import Results
from conformance.spec import catalogue, schemas


def test_results_json_keeps_to_its_schema(report: Path) -> None:
    document = json.loads((report / "results.json").read_text(encoding="ascii"))
    validator = schemas.validator("results")
    assert [error.message for error in validator.iter_errors(document)] == []
    broken = {**document, "verdict": "fine"}
    assert list(validator.iter_errors(broken))


def test_results_json_tells_what_the_fold_found(report: Path, results: Results) -> None:
    document = json.loads((report / "results.json").read_text())
    assert (document["verdict"], document["exit_status"], document["requests"]) == ("nonconformant", 1, 99)
    assert (
        document["counts"]["fail"] == len([item for item in document["requirements"] if item["verdict"] == "fail"]) == 3
    )
    assert [item["id"] for item in document["requirements"]] == [item.id for item in results.requirements]
    assert document["devices"] == {"created": 1, "removed": 0}


def test_the_body_of_each_failure_lies_beside_the_page(report: Path, results: Results) -> None:
    bodies = {path.name: path.read_bytes() for path in (report / "failures").iterdir()}
    first = next(item for item in results.failed if len(item.failures) > 1)
    sent = [evidence.exchange.request.body for evidence in first.failures if evidence.exchange]
    stem = first.id.replace("/", ".")
    assert [bodies[f"{stem}-{number}.json"] for number in (1, 2, 3)] == sent[:3]
    assert len(bodies) == 4  # three shown whole of the first requirement, one of another, none for a GET


def test_what_an_older_report_left_is_replaced_and_nothing_else_is(results: Results, tmp_path: Path) -> None:
    (tmp_path / "failures").mkdir()
    for name in ("failures/join-request.gone-1.json", "failures/notes.txt", "mine.txt"):
        (tmp_path / name).write_text("old")
    write_all(tmp_path, results)
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes() == b"old"]
    left = {path.relative_to(tmp_path).as_posix() for path in kept}
    assert left == {"failures/notes.txt", "mine.txt"}


def test_a_link_in_the_place_of_a_folder_is_replaced_and_not_followed(results: Results, tmp_path: Path) -> None:
    """As a checkout may bring them along: nothing is written or deleted where they lead."""
    theirs = tmp_path / "theirs"
    for name in ("failures/join-request.gone-1.json", "allure-results/gone-result.json", "run-1/index.html"):
        (theirs / name).parent.mkdir(parents=True)
        (theirs / name).write_text("old")
    before = sorted(theirs.rglob("*"))
    out = tmp_path / "out"
    out.mkdir()
    for name in ("failures", "allure-results", "run-1"):
        (out / name).symlink_to(theirs / name)
    write_all(out, results)
    allure.write(out, [results.header], catalogue())
    write_comparison(out, {"one": results}, catalogue())
    assert sorted(theirs.rglob("*")) == before
    assert (theirs / "run-1" / "index.html").read_text() == "old"
    for name in ("failures", "allure-results", "run-1"):
        assert not (out / name).is_symlink()
        assert list((out / name).iterdir()) != []


def test_a_report_is_the_same_each_time(results: Results, report: Path, tmp_path: Path) -> None:
    write_all(tmp_path, results, catalogue())
    for path in (path for path in report.rglob("*") if path.is_file()):
        assert path.read_bytes() == (tmp_path / path.relative_to(report)).read_bytes()


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files.write(tmp_path / "a" / "x.txt", "old")

    def fail(self: Path, target: Path) -> Path:
        assert self.read_bytes() == b"new"
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(
        UsageError, match=r"cannot write .*x\.txt: No space left on device; give another directory with --out"
    ):
        files.write(path, b"new")
    assert [(left.name, left.read_text()) for left in path.parent.iterdir()] == [("x.txt", "old")]


def test_files_get_the_permissions_of_any_other_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    written = files.write(tmp_path / "written", "x")
    assert written.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_place_that_cannot_be_written_is_one_sentence(results: Results, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        UsageError,
        match=r"^cannot write \S+results.json: (File exists|Not a directory); give another directory with --out$",
    ):
        write_all(tmp_path / "file", results)


def test_json_is_ascii_and_indented(results: Results) -> None:
    document = json_.render(results)
    assert document.isascii()
    assert document.startswith('{\n  "target"')
