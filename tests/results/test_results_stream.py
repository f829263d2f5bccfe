"""The stream keeps what was recorded, forgives a cut-off last line, and refuses everything else by file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import execnet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import ResultsError, UsageError
from conformance.exchange import Answer, Exchange, Failure, FailureKind, Request
from conformance.results import (
    Device,
    EditRecord,
    Evidence,
    Footer,
    Header,
    Observation,
    Outcome,
    RequirementOutcome,
    Stop,
    TestRecord,
    Writer,
    load,
)
from conformance.spec import schemas

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.results import StreamRecord

FULL = Path("/dev/full")
EXCHANGE = Exchange(
    Request("POST", "https://drs.example/", (("Content-Type", "application/json"),), b'{"a":1}', "join"),
    answer=Answer(200, (("X", "\x00\x1b"), ("X", "2")), b"\xff\xfe\x00"),
    seconds=0.25,
)
DEAD = Exchange(Request("GET", "https://drs.example/"), failure=Failure(FailureKind.RESET, "the connection was reset"))
EDIT = EditRecord("join-request/x", "flip", "Flips a bit.", "der", "/CertificateRequest/Data", "00", "01", 17)
TEST = TestRecord(
    test="suites/test_x.py::test_y",
    title="Sends a thing.",
    section="2.1.1.1.1",
    seconds=1.5,
    requests=3,
    outcome=Outcome.FAIL,
    requirements=(
        RequirementOutcome(
            "join-request/x", Outcome.FAIL, "accepted", 2, 3, (Evidence("p", "w", EDIT, EXCHANGE, DEAD),)
        ),
        RequirementOutcome("join-request/y", Outcome.PASS),
    ),
    observations=(Observation("A1", "200", "the status was 200"),),
    layers={"der": 2},
)
HEADER = Header(
    started="2026-11-22T16:00:00Z",
    target={"url": "https://drs.example", "tenant": "t", "domain": "d"},
    profile="quick",
    gate="must",
    seed=2**40,
    versions={"python": "3.11"},
    given=("token",),
)
FOOTER = Footer("2026-11-22T16:01:00Z", 60.0, 3)
STREAM: tuple[StreamRecord, ...] = (
    HEADER,
    TEST,
    Device("d", "2026-11-22T16:00:30Z", "AB"),
    Stop("interrupted"),
    FOOTER,
)


def written(path: Path, *records: StreamRecord) -> Path:
    with Writer(path) as writer:
        for record in records:
            writer.write(record)
    return path


def test_every_record_comes_back(tmp_path: Path) -> None:
    assert load(written(tmp_path / "sub" / "results.jsonl", *STREAM)) == STREAM


def test_first_and_last_line_name_format_and_end(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in written(tmp_path / "r.jsonl", *STREAM).read_text().splitlines()]
    assert (lines[0]["record"], lines[0]["format"], lines[-1]["record"]) == ("header", "drs-conformance/1", "footer")
    request = lines[1]["requirements"][0]["failures"][0]["exchange"]["request"]
    assert request["body"] == {"base64": "eyJhIjoxfQ==", "text": '{"a":1}'}
    assert "text" not in lines[1]["requirements"][0]["failures"][0]["exchange"]["answer"]["body"]


def test_each_line_keeps_to_its_schema(tmp_path: Path) -> None:
    validator = schemas.validator("result-record")
    for line in written(tmp_path / "r.jsonl", *STREAM).read_text().splitlines():
        document = json.loads(line)
        assert [error.message for error in validator.iter_errors(document)] == []
        assert list(validator.iter_errors({"record": document["record"]}))


def test_each_line_is_on_its_way_before_the_next(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r.jsonl")
    writer.write(HEADER)
    writer.write(TEST)
    assert load(tmp_path / "r.jsonl") == (HEADER, TEST)
    writer.close()


@pytest.mark.parametrize("record", STREAM, ids=lambda record: type(record).__name__)
def test_records_cross_xdist(record: StreamRecord) -> None:
    carried = execnet.loads(execnet.dumps(record.to_json()))
    assert type(record).from_json(json.loads(json.dumps(carried))) == record


def test_a_lone_surrogate_crosses_as_its_escape() -> None:
    carried = execnet.loads(execnet.dumps(Stop("\ud800!").to_json()))
    assert Stop.from_json(carried) == Stop("\\ud800!")


def test_a_line_cut_anywhere_is_said_and_costs_nothing_else(tmp_path: Path) -> None:
    path = written(tmp_path / "r.jsonl", HEADER, TEST, FOOTER)
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for cut in range(last + 1, len(whole) - 1):
        path.write_bytes(whole[:cut])
        assert load(path) == (HEADER, TEST, Stop("line 3 of r.jsonl is half written"))
    path.write_bytes(whole[:-1])
    assert load(path) == (HEADER, TEST, FOOTER)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty: a result stream begins with its header"),
        (b"\x00\xff\n", "line 1: not JSON, so not a result stream"),
        (b"[" * 100_000 + b"\n", "line 1: not JSON, so not a result stream"),
        (b"[]\n", "line 1: the header is missing"),
        (b'{"record":"footer"}\n', "line 1: the header is missing"),
        (
            b'{"record":"header","format":"drs-conformance/2"}\n',
            "line 1: the format is 'drs-conformance/2', this version",
        ),
        (b'{"record":"header","format":"drs-conformance/1"}\n', "line 1: Header lacks started, target"),
    ],
)
def test_what_is_no_stream_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(content)
    with pytest.raises(ResultsError) as refusal:
        load(path)
    assert str(path) in str(refusal.value)
    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith("; name the folder of a run, or its results.jsonl")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"garbage\n", "line 2: not JSON"),
        (b'{"record":"verdict"}\n', "line 2: unknown kind of record 'verdict'"),
        (b'{"record":["test"]}\n', "line 2: unknown kind of record"),
        (b'{"record":"stop","reason":1}\n', "line 2: Stop.reason is a int, a str belongs there"),
        (b'{"record":"footer","ended":"","seconds":true,"requests":0,"stopped":null}\n', "Footer.seconds is a bool"),
        (b'{"record":"device","id":"","created":"","thumbprint":"","removed":1}\n', "Device.removed is a int"),
    ],
)
def test_a_whole_line_that_is_wrong_is_refused(tmp_path: Path, line: bytes, sentence: str) -> None:
    path = written(tmp_path / "r.jsonl", HEADER)
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(ResultsError, match=r"r\.jsonl, ") as refusal:
        load(path)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(("second", "sentence"), [(HEADER, "a second header"), (FOOTER, "a record after the footer")])
def test_two_runs_in_one_file_are_refused(tmp_path: Path, second: StreamRecord, sentence: str) -> None:
    with pytest.raises(ResultsError, match=sentence):
        load(written(tmp_path / "r.jsonl", HEADER, FOOTER, second))


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (
            lambda line: line["requirements"][0].update(outcome="maybe"),
            "requirements[0].outcome is 'maybe', not one of pass",
        ),
        (
            lambda line: line["requirements"][0]["failures"][0]["exchange"].update(answer=None),
            "either an answer or a failure",
        ),
        (
            lambda line: line["requirements"][0]["failures"][0]["exchange"]["request"].update(body={"base64": "é"}),
            "request.body.base64",
        ),
        (
            lambda line: line["requirements"][0]["failures"][0]["exchange"]["request"].update(headers=[["a"]]),
            "headers[0] has 1 items, 2 belong there",
        ),
    ],
)
def test_a_wrong_value_deep_inside_is_named_by_its_path(
    tmp_path: Path, break_it: Callable[[Any], None], sentence: str
) -> None:
    path = written(tmp_path / "r.jsonl", HEADER, TEST)
    header, test = path.read_text().splitlines()
    line = json.loads(test)
    break_it(line)
    path.write_text(f"{header}\n{json.dumps(line)}\n")
    with pytest.raises(ResultsError) as refusal:
        load(path)
    assert sentence in str(refusal.value)


@given(st.binary())
def test_any_bytes_are_records_or_a_results_error(tmp_path_factory: pytest.TempPathFactory, tail: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "r.jsonl"
    written(path, HEADER)
    path.write_bytes(path.read_bytes() + tail)
    try:
        assert load(path)[0] == HEADER
    except ResultsError as refusal:
        assert "r.jsonl" in str(refusal)  # noqa: PT017 (either way out is right)


def test_a_missing_file_and_a_folder_are_sentences(tmp_path: Path) -> None:
    would_do = "; name the folder of a run, or its results.jsonl$"
    with pytest.raises(ResultsError, match=r"cannot read .*none.jsonl: No such file or directory" + would_do):
        load(tmp_path / "none.jsonl")
    with pytest.raises(ResultsError, match=r"cannot read .*/results.jsonl: No such file or directory" + would_do):
        load(tmp_path)
    (tmp_path / "results.jsonl").mkdir()
    with pytest.raises(ResultsError, match=r"/results.jsonl: Is a directory" + would_do):
        load(tmp_path)


def test_an_unwritable_place_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match=r"cannot write .*results.jsonl: .*; give another directory with --out"):
        Writer(tmp_path / "file" / "results.jsonl")


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
def test_a_full_disk_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="cannot write /dev/full: No space left"), Writer(FULL) as writer:
        writer.write(HEADER)
