"""What machines read: each file keeps to its format's own schema, and nothing a target says acts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from jsonschema import Draft7Validator

from conformance.exchange import Answer, Exchange, Request
from conformance.report import badge, github, junit, sarif
from conformance.report.formats import FORMATS
from conformance.results import Accepted, Evidence, Header, RequirementResult, Results, StreamRecord, fold
from conformance.spec import catalogue

SCHEMAS = Path(__file__).parent / "schemas"
SARIF = Draft7Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8")))
JENKINS = xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))
COMMANDS = ("::error::x", "##[error]x", "\n::stop-commands::x", "\r\n::add-mask::a", "%0A::error::", "a::b,c=d::e")


@pytest.fixture(scope="module")
def accepting(stream: tuple[StreamRecord, ...], results: Results) -> Results:
    """The same run, the failure with the most evidence accepted."""
    entry = Accepted(of_many(results).id, 'Known: "<b>" | `x`.', "2099-01-31")
    header = stream[0]
    assert isinstance(header, Header)
    return fold([replace(header, accepted=(entry,)), *stream[1:]], catalogue())


def of_many(results: Results) -> RequirementResult:
    return next(item for item in results.failed if len(item.failures) > 1)


@pytest.fixture(params=["as it was", "accepting", "cut off", "all passed"])
def any_run(request: pytest.FixtureRequest, stream: tuple[StreamRecord, ...], accepting: Results) -> Results:
    """Runs of every kind."""
    if request.param == "accepting":
        return accepting
    records = {"as it was": stream, "cut off": stream[:4], "all passed": (stream[0], stream[-1])}
    return fold(records[request.param], catalogue())


def test_the_table_has_every_file_once_and_each_can_be_written(any_run: Results, tmp_path: Path) -> None:
    assert len({item.name for item in FORMATS}) == len(FORMATS)
    for item in FORMATS:
        content = item.render(any_run, catalogue())
        (tmp_path / item.name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


# --- SARIF


def log(results: Results) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(sarif.render(results, catalogue()))
    assert [f"{list(error.path)}: {error.message}" for error in SARIF.iter_errors(value)] == []
    return value


def test_sarif_keeps_to_its_schema(any_run: Results) -> None:
    (run,) = log(any_run)["runs"]
    assert run["invocations"][0]["exitCode"] == any_run.exit_status
    assert len(run["results"]) == len(any_run.failed)
    rules = run["tool"]["driver"]["rules"]
    assert [rules[item["ruleIndex"]]["id"] for item in run["results"]] == [item["ruleId"] for item in run["results"]]


def test_the_schema_would_refuse_another_thing(results: Results) -> None:
    value = log(results)
    value["runs"][0]["results"][0]["level"] = "fatal"
    assert list(SARIF.iter_errors(value))


def test_sarif_tells_request_and_answer_and_what_is_accepted(accepting: Results) -> None:
    every = log(accepting)["runs"][0]["results"]
    (first,) = [item for item in every if item["ruleId"] == of_many(accepting).id]
    others = [item for item in every if item is not first]
    assert first["suppressions"] == [{"kind": "external", "status": "accepted", "justification": 'Known: "<b>" | `x`.'}]
    assert not any("suppressions" in item for item in others)
    assert first["webRequest"]["method"] == "POST"
    assert first["webResponse"]["statusCode"] == 200
    assert first["level"] == "error"
    assert r"<script>alert(1)</script>\x00\x1b[31m" in first["message"]["text"]
    assert re.fullmatch("[0-9a-f]{64}", first["partialFingerprints"]["requirement/v1"])
    assert "\x1b" not in json.dumps(first, ensure_ascii=False)


def test_a_run_that_says_nothing_was_not_successful(stream: tuple[StreamRecord, ...]) -> None:
    (run,) = log(fold([stream[0]], catalogue()))["runs"]
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    assert "before its footer" in invocation["toolExecutionNotifications"][0]["message"]["text"]


# --- JUnit


def test_junit_is_what_jenkins_reads(any_run: Results) -> None:
    JENKINS.validate(ET.fromstring(junit.render(any_run, catalogue())))


def test_the_xsd_would_refuse_another_thing(results: Results) -> None:
    root = ET.fromstring(junit.render(results, catalogue()))
    ET.SubElement(next(root.iter("testcase")), "verdict")
    assert not JENKINS.is_valid(root)


def test_an_accepted_failure_is_skipped_in_junit_and_keeps_its_evidence(accepting: Results) -> None:
    root = ET.fromstring(junit.render(accepting, catalogue()))
    (case,) = [case for case in root.iter("testcase") if case.get("name") == of_many(accepting).id]
    skipped = case.find("skipped")
    assert skipped is not None
    assert (skipped.get("message") or "").startswith('accepted failure (Known: "<b>" | `x`.; until 2099-01-31): ')
    assert "sent: POST" in (case.findtext("system-out") or "")
    assert root.get("failures") == str(len(list(root.iter("failure")))) == str(len(accepting.failed) - 1)


# --- GitHub


def hostile(results: Results, said: str) -> Results:
    """The run, with this as the problem of its first failure, in its answer, and as the tenant."""
    exchange = Exchange(
        Request("POST", f"https://drs.example/{said}"), answer=Answer(200, (("X", said),), said.encode())
    )
    failed = replace(results.failed[0], reason=said, failures=(Evidence(said, said, exchange=exchange),))
    header = replace(results.header, target={"url": said, "tenant": said})
    others = tuple(item for item in results.requirements if item.id != failed.id)
    return replace(results, header=header, requirements=(failed, *others), why=f"1 failed: {said}")


@pytest.mark.parametrize("said", COMMANDS)
def test_a_target_cannot_speak_to_the_workflow(results: Results, said: str, tmp_path: Path) -> None:
    printed: list[str] = []
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    github.announce(hostile(results, said), catalogue(), environ, printed.append)
    for text in printed:
        found = re.fullmatch(r"::(error|warning|notice) title=([^:,\r\n]*)::([^\r\n]*)", text)
        assert found, text
        assert not re.search("%(?!25|0A|0D|3A|2C)", found[2] + found[3])
    assert len(printed) == 3


def test_what_is_printed_of_a_target_stands_between_a_word_it_cannot_know() -> None:
    printed: list[str] = []
    for _ in range(2):
        with github.fenced({"GITHUB_ACTIONS": "true"}, printed.append):
            printed.append("::error::x")
    words = re.findall(r"::stop-commands::([0-9a-f]{32})", "\n".join(printed))
    assert len(set(words)) == 2
    assert printed == [
        f"::stop-commands::{words[0]}", "::error::x", f"::{words[0]}::",
        f"::stop-commands::{words[1]}", "::error::x", f"::{words[1]}::",
    ]  # fmt: skip


def test_the_word_is_told_again_when_printing_fails() -> None:
    printed: list[str] = []
    with pytest.raises(OSError, match="full"), github.fenced({"GITHUB_ACTIONS": "true"}, printed.append):
        raise OSError("full")
    assert len(printed) == 2


def test_elsewhere_nothing_is_said(results: Results, tmp_path: Path) -> None:
    printed: list[str] = []
    for environ in ({}, {"GITHUB_ACTIONS": "false"}, {"GITHUB_STEP_SUMMARY": str(tmp_path / "s.md")}):
        github.announce(results, catalogue(), environ, printed.append)
        with github.fenced(environ, printed.append):
            pass
    assert (printed, list(tmp_path.iterdir())) == ([], [])


def test_a_summary_that_cannot_be_written_is_a_warning(results: Results, tmp_path: Path) -> None:
    printed: list[str] = []
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path)}
    github.announce(results, catalogue(), environ, printed.append)
    assert printed[-1] == "::warning::the job summary cannot be written: Is a directory"


def test_annotations_say_what_failed_what_is_accepted_and_no_more_than_are_shown(accepting: Results) -> None:
    first = of_many(accepting)
    others = [item for item in accepting.failed if item is not first]
    told = github.notes(accepting)
    assert [text.partition(" ")[0] for text in told] == ["::error"] * len(others) + ["::notice"]
    assert f"title=accepted%3A {first.id} (MUST%2C MS-DRS {first.section})::" in told[-1]
    many = replace(accepting, requirements=tuple(replace(others[0], id=f"a/a{n}") for n in range(14)))
    told = github.notes(many)
    assert len(told) == 11
    assert told[-1].endswith("::4 more failures in the report")


def test_a_gate_that_is_shut_without_a_new_failure_is_an_error(stream: tuple[StreamRecord, ...]) -> None:
    (told,) = github.notes(fold([stream[0]], catalogue()))
    assert told.startswith("::error title=drs-conformance%3A incomplete::The run was cut off before its footer")


MARKUP = "<img src=x onerror=a> | [a](http://b) `c` **d** _e_ ![f](g) @someone #1 http://www.h.example ~~i~~ \\ &lt;"


def test_nothing_a_target_says_is_markup_in_the_summary(results: Results) -> None:
    told = github.summary(hostile(results, MARKUP), catalogue())
    said = re.findall("<code>(.*?)</code>", told)
    assert len(said) >= 3
    for text in said[:2]:
        assert not re.search(r"[<>|\[\]`*_!@#~\\]|&(?!#\d+;)|:|www\.", re.sub(r"&#\d+;", "", text))
    rows = [row for row in told.splitlines() if row.startswith("| ")]
    assert {len(re.findall(r"\|", row)) for row in rows} == {6}


def test_the_summary_is_for_reading(results: Results) -> None:
    told = github.summary(results, catalogue())
    assert told.startswith("## MS-DRS: nonconformant\n")
    assert len(told.encode()) < 1024 * 1024
    for item in results.failed:
        assert f"| `{item.id}` | {item.level} | {item.section} |" in told
    assert github.escaped("no-cache, 3.1 a. b_c") == "no-cache, 3&#46;1 a. b&#95;c"


# --- the badge


def test_the_badge_says_what_the_run_says(any_run: Results) -> None:
    root = ET.fromstring(badge.render(any_run))
    assert root.get("aria-label") == f"MS-DRS: {badge.words(any_run)}"
    assert badge.words(any_run).startswith(any_run.verdict.value)
    assert not re.search("href|script|url", badge.render(any_run))
    last = root.findall("{http://www.w3.org/2000/svg}rect")[-1]
    assert int(last.get("x") or 0) + int(last.get("width") or 0) == int(root.get("width") or 1)


def test_the_badge_counts_what_is_accepted_apart(accepting: Results) -> None:
    assert badge.words(accepting) == "nonconformant: 2 failed, 1 accepted"
