"""allure-results/: what Allure 3 reads, small for what passed, harmless whatever a target sent; and its page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.report import allure, allure_page
from conformance.results import Header, Outcome, StreamRecord, TestRecord
from conformance.spec import catalogue


def written(out: Path, stream: tuple[StreamRecord, ...]) -> list[dict[str, Any]]:
    allure.write(out, stream, catalogue())
    return [json.loads(path.read_text()) for path in sorted((out / allure.FOLDER).glob("*-result.json"))]


def test_a_result_for_each_test_with_what_allure_shows(stream: tuple[StreamRecord, ...], tmp_path: Path) -> None:
    results = written(tmp_path, stream)
    tests = [record for record in stream if isinstance(record, TestRecord)]
    assert len(results) == len(tests)
    wanted = {Outcome.PASS: "passed", Outcome.FAIL: "failed", Outcome.ERROR: "broken"}
    statuses = {item["fullName"]: item["status"] for item in results}
    assert statuses == {test.test: wanted.get(test.outcome, "skipped") for test in tests}
    for item in results:
        labels = {label["name"] for label in item["labels"]}
        assert {"epic", "feature", "severity", "suite"} <= labels
        assert item["stop"] >= item["start"] > 0
        assert (item["status"] == "passed") == ("statusDetails" not in item)
        for attachment in item.get("attachments", ()):
            assert (tmp_path / allure.FOLDER / attachment["source"]).is_file()


def test_what_passed_is_small_and_a_run_of_thousands_keeps_to_the_limit(
    stream: tuple[StreamRecord, ...], tmp_path: Path
) -> None:
    every = [outcome for record in stream if isinstance(record, TestRecord) for outcome in record.requirements]
    passed = tuple(outcome for outcome in every if outcome.outcome is Outcome.PASS)
    failed = tuple(outcome for outcome in every if outcome.outcome is Outcome.FAIL)
    one = TestRecord("s/test_x.py::t" + "x" * 80, "Sends. " * 60, "3.1", 0.1, 9, Outcome.PASS, requirements=passed)
    many = [replace(one, test=f"{n}", outcome=Outcome.FAIL, requirements=failed) for n in range(1300)]
    written(tmp_path, (stream[0], one, *many))
    names = list((tmp_path / allure.FOLDER).iterdir())
    assert len(names) <= 2000
    (small,) = [path for path in names if b'"status":"passed"' in path.read_bytes()[:900]]
    assert small.stat().st_size <= 2048


def test_its_history_is_by_test_and_not_by_run(stream: tuple[StreamRecord, ...], tmp_path: Path) -> None:
    header = stream[0]
    assert isinstance(header, Header)
    later = (replace(header, started="2026-11-23T16:00:00Z", seed=9), *stream[1:])
    first, second = written(tmp_path / "a", stream), written(tmp_path / "b", later)
    assert {item["historyId"] for item in first} == {item["historyId"] for item in second}
    assert not {item["uuid"] for item in first} & {item["uuid"] for item in second}


def test_an_older_report_goes_and_other_files_stay(stream: tuple[StreamRecord, ...], tmp_path: Path) -> None:
    folder = tmp_path / allure.FOLDER
    folder.mkdir()
    for name in ("old-result.json", "old-container.json", "old-attachment.txt", "mine.txt"):
        (folder / name).touch()
    written(tmp_path, stream)
    assert [path.name for path in folder.iterdir() if "old" in path.name or "mine" in path.name] == ["mine.txt"]


def test_categories_tell_fail_broke_and_error_apart(stream: tuple[StreamRecord, ...], tmp_path: Path) -> None:
    written(tmp_path, stream)
    categories = json.loads((tmp_path / allure.FOLDER / "categories.json").read_text())

    def named(status: str, message: str) -> str:
        return str(
            next(
                item["name"]
                for item in categories
                if status in item["matchedStatuses"] and re.fullmatch(item.get("messageRegex", "(?s).*"), message)
            )
        )

    assert (
        named("failed", "x: broke (answered 500) instead of refusing: y") == "The target broke where it had to answer"
    )
    assert named("failed", "x: accepted (answered 200) what must be refused") == "The target fails a requirement"
    assert named("broken", "ValueError") == "The suite's own fault"
    assert named("skipped", "inconclusive: the baseline").startswith("Inconclusive")
    assert named("skipped", "needs token") == "Not tested"


def test_the_environment_is_lines_of_properties(stream: tuple[StreamRecord, ...], tmp_path: Path) -> None:
    header = stream[0]
    assert isinstance(header, Header)
    hostile = replace(header, target={"url": "a\nseed = 9\\", "tenant": "ü\U0001f600"})
    written(tmp_path, (hostile, *stream[1:]))
    lines = (tmp_path / allure.FOLDER / "environment.properties").read_text(encoding="ascii").splitlines()
    assert lines[0] == r"target.url = a\nseed = 9\\"
    assert lines[1] == r"target.tenant = \u00fc\ud83d\ude00"
    assert "seed = 7" in lines


def test_no_control_character_is_passed_on(stream: tuple[StreamRecord, ...], tmp_path: Path) -> None:
    written(tmp_path, stream)
    for path in (tmp_path / allure.FOLDER).iterdir():
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", path.read_bytes().decode("utf-8")), path.name


# --- the page


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def stand_in(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def test_without_allure_one_sentence_says_how_to_get_it(program: Path, tmp_path: Path) -> None:
    assert list(program.iterdir()) == []
    assert allure_page.make(tmp_path) == (
        "Allure's page was not made: neither allure nor npx is on PATH; install Node 20 or later and "
        "`npm install --global allure`, then run drs-conformance report --allure"
    )


def test_a_failing_allure_is_one_sentence(program: Path, tmp_path: Path) -> None:
    stand_in(program, "allure", "echo something; echo 'no such command' >&2; exit 1")
    assert allure_page.make(tmp_path).startswith("Allure's page was not made: no such command; install Node")
    stand_in(program, "allure", "exit 0")
    assert allure_page.make(tmp_path).startswith("Allure's page was not made: status 0; ")


def test_npx_stands_in_for_allure(program: Path, tmp_path: Path) -> None:
    (tmp_path / "allure-report").mkdir()
    stand_in(program, "npx", f'echo "$@" >{tmp_path}/said; >{tmp_path}/allure-report/index.html')
    assert allure_page.make(tmp_path) == f"Allure: {tmp_path / 'allure-report' / 'index.html'}"
    assert (tmp_path / "said").read_text().startswith(f"--yes allure@3 awesome {tmp_path / 'allure-results'} --single")
