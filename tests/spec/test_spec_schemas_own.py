"""Our own files: the fixtures, a result stream as it is written, and results.json as it is folded."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest

from conformance import paths
from conformance.exchange import Answer, Exchange, Failure, FailureKind, Request
from conformance.results import (
    Device,
    EditRecord,
    Evidence,
    Footer,
    Header,
    Load,
    Observation,
    Outcome,
    RequirementOutcome,
    Results,
    Stop,
    TestRecord,
    Timing,
    Writer,
    fold,
)
from conformance.spec import catalogue, schemas

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.results import StreamRecord

ID = "join-request/transport-key-magic"
NOW = "2026-11-22T16:00:00Z"
REQUEST = Request("POST", "https://drs.example/", (("A", "b"),), b"\xff{}", "a join")
EDIT = EditRecord(ID, "magic", "The magic is RSA2.", "BLOB_HEADER", "/TransportKey", "RSA1", "RSA2", 0)
EVIDENCE = Evidence(
    "it was accepted",
    "status",
    EDIT,
    Exchange(REQUEST, Answer(201, (("Content-Type", "application/json"),), b"{}"), seconds=0.1),
    Exchange(REQUEST, failure=Failure(FailureKind.TIMEOUT, "no answer in 10 s")),
    "curl",
)
OUTCOMES = (RequirementOutcome(ID, Outcome.FAIL, "it was accepted", 2, 3, (EVIDENCE, Evidence("no answer"))),)
OBSERVED = (Observation("A1", "created", "201"), Observation("processing/error-shape", "does"))
STREAM: tuple[StreamRecord, ...] = (
    Header(NOW, {"url": "https://drs.example"}, "quick", "must", 7, {"python": "3"}, ("3.1",), ("token",)),
    TestRecord("t.py::t", "Sends.", "2.1.1", 0.5, 3, Outcome.FAIL, "", OUTCOMES, OBSERVED, {"BLOB_HEADER": 2}),
    Device("d", NOW, "AA"),
    Device("d", NOW, "AA", removed=True),
    Stop("interrupted"),
    Footer(NOW, 60.0, 99, "interrupted", Load(8, 2, 60.0, (Timing("a join", 90, 1.5, 7, 12, 15, 20, 1, 2),), 9, 8)),
)


def lines(folder: Path, *records: StreamRecord) -> list[dict[str, Any]]:
    with Writer(folder / "results.jsonl") as writer:
        for record in records:
            writer.write(record)
    return [json.loads(line) for line in (folder / "results.jsonl").read_text(encoding="ascii").splitlines()]


def told(results: Results) -> dict[str, Any]:
    """results.json as a file holds it."""
    form = json.loads(json.dumps(results.to_json()))
    assert isinstance(form, dict)
    return form


@pytest.mark.parametrize("file", sorted(paths.FIXTURES.glob("*.json")), ids=lambda file: file.name)
def test_a_fixture_says_what_it_is(file: Path) -> None:
    fixture = json.loads(file.read_text(encoding="utf-8"))
    assert list(schemas.validator("fixture").iter_errors(fixture)) == []
    assert fixture["fixture"] == file.stem
    assert len({item["name"] for item in fixture["items"]}) == len(fixture["items"])


@pytest.mark.parametrize("member", ["fixture", "what", "from", "section", "expected", "items"])
def test_a_fixture_that_leaves_something_unsaid_is_refused(member: str) -> None:
    fixture = {"fixture": "a", "what": "b", "from": "c", "section": "3.1", "expected": "d", "items": [{"name": "e"}]}
    assert schemas.validator("fixture").is_valid(fixture)
    assert not schemas.validator("fixture").is_valid({name: fixture[name] for name in fixture if name != member})
    assert not schemas.validator("fixture").is_valid(fixture | {member: ""})


def test_every_line_that_is_written_is_a_record(tmp_path: Path) -> None:
    for line in lines(tmp_path, *STREAM):
        assert list(schemas.validator("result-record").iter_errors(line)) == []


@pytest.mark.parametrize("record", STREAM[:3] + STREAM[4:], ids=lambda record: type(record).__name__)
def test_a_record_without_one_of_its_fields_is_none(record: StreamRecord, tmp_path: Path) -> None:
    (line,) = lines(tmp_path, record)
    for field in fields(record):
        assert not schemas.validator("result-record").is_valid({k: v for k, v in line.items() if k != field.name})


@pytest.mark.parametrize("wrong", [{"record": "verdict"}, {}, {"record": "stop", "reason": ""}, []])
def test_what_is_no_record_is_refused(wrong: Any) -> None:
    assert not schemas.validator("result-record").is_valid(wrong)


def test_an_exchange_has_one_of_answer_and_failure(tmp_path: Path) -> None:
    _, line = lines(tmp_path, *STREAM[:2])
    exchange = line["requirements"][0]["failures"][0]["exchange"]
    for answer, failure in ((None, None), (exchange["answer"], {"kind": "tls", "message": ""})):
        exchange |= {"answer": answer, "failure": failure}
        assert not schemas.validator("result-record").is_valid(line)


@pytest.mark.parametrize("records", [STREAM, STREAM[:1], (*STREAM[:3], STREAM[-1])])
def test_what_a_run_comes_to_is_valid(records: tuple[StreamRecord, ...]) -> None:
    results = told(fold(records, catalogue()))
    assert list(schemas.validator("results").iter_errors(results)) == []


def test_every_requirement_of_the_catalogue_can_be_told_of() -> None:
    header = STREAM[0]
    assert isinstance(header, Header)
    results = told(fold((replace(header, selection=()), STREAM[-1]), catalogue()))
    assert len(results["requirements"]) > 100
    assert list(schemas.validator("results").iter_errors(results)) == []


CONTRACT = [
    "target",
    "profile",
    "gate",
    "seed",
    "versions",
    "started",
    "seconds",
    "requests",
    "verdict",
    "counts",
    "requirements",
    "observations",
    "devices",
]


@pytest.mark.parametrize("member", CONTRACT)
def test_results_without_what_the_contract_names_are_refused(member: str) -> None:
    results = told(fold(STREAM, catalogue()))
    del results[member]
    (error,) = schemas.validator("results").iter_errors(results)
    assert error.message == f"{member!r} is a required property"


@pytest.mark.parametrize(
    "member", ["id", "section", "level", "source", "title", "verdict", "reason", "tests", "requests"]
)
def test_a_requirement_s_result_has_all_the_contract_names(member: str) -> None:
    results = told(fold(STREAM, catalogue()))
    del results["requirements"][0][member]
    assert not schemas.validator("results").is_valid(results)


def test_further_members_are_allowed() -> None:
    results = told(fold(STREAM, catalogue()))
    results["later"] = results["devices"]["later"] = results["requirements"][0]["later"] = 1
    assert schemas.validator("results").is_valid(results)


@pytest.mark.parametrize(
    ("member", "value"), [("verdict", "passed"), ("seconds", -1), ("gate", "may"), ("started", "now")]
)
def test_a_value_that_is_none_of_its_kind_is_refused(member: str, value: Any) -> None:
    assert not schemas.validator("results").is_valid(told(fold(STREAM, catalogue())) | {member: value})
