"""The result stream: JSON lines, a header first and a footer last, a `record` field naming each line's kind.

The rule: what was recorded is never lost. Every line is flushed as it is written, and reading forgives exactly one
thing, a last line cut off in the middle; everything else that is not ours is refused by file and line.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from conformance.errors import ResultsError, UsageError
from conformance.results.records import Device, Footer, Header, Stop, StreamRecord, TestRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FORMAT = "drs-conformance/1"
STREAM = "results.jsonl"  # its name in the folder of a run
_JSON = json.JSONEncoder(separators=(",", ":"))
_WOULD_DO = "name the folder of a run, or its results.jsonl"

_KINDS: dict[str, type[StreamRecord]] = {
    "header": Header,
    "test": TestRecord,
    "device": Device,
    "stop": Stop,
    "footer": Footer,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


class Writer:
    """The one writer of a stream, a context manager; UsageError, one sentence, where the file cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink():
                path.unlink()  # it leads where whoever put it there wants it, and what is there would be lost
            self._file = path.open("w", encoding="ascii", newline="\n")
        except OSError as problem:
            raise unwritable(path, problem) from None

    def write(self, record: StreamRecord, form: Mapping[str, Any] | None = None) -> None:
        """Append one record, on disk's way before this returns; `form` is its JSON, whole, where that is at hand."""
        line = {"record": _NAMES[type(record)], **(form or record.to_json())}
        if isinstance(record, Header):
            line["format"] = FORMAT
        try:
            self._file.writelines(_line(line))
            self._file.flush()
        except OSError as problem:
            raise unwritable(self.path, problem) from None

    def close(self) -> None:
        """Close the file; harmless when done twice."""
        try:
            self._file.close()
        except OSError as problem:
            raise unwritable(self.path, problem) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _line(record: Mapping[str, Any]) -> Iterator[str]:
    """A line of the stream in pieces: what a long test judged is too much to be held as one text too."""
    before = "{"
    for name, value in record.items():
        yield f"{before}{_JSON.encode(name)}:"
        before = ","
        if isinstance(value, list):
            yield "["
            for place, item in enumerate(value):
                yield f"{',' if place else ''}{_JSON.encode(item)}"
            yield "]"
        else:
            yield _JSON.encode(value)
    yield "}\n"


def unwritable(path: Path, problem: OSError) -> UsageError:
    """The sentence for an output that cannot be written."""
    return UsageError(f"cannot write {path}: {problem.strerror or problem}; give another directory with --out")


def load(path: Path) -> tuple[StreamRecord, ...]:
    """The whole stream, by its file or the folder of its run; raises as `read` does."""
    return tuple(read(path / STREAM if path.is_dir() else path))


def read(path: Path) -> Iterator[StreamRecord]:
    """The records of a stream in order. A cut-off last line becomes a `Stop` that says so.

    Raises ResultsError naming file and line for anything that is not a stream of this format.
    """
    lines = _lines(path)
    kinds: list[type] = []
    for number, line in enumerate(lines, start=1):
        try:
            record = _record(line, first=not kinds)
        except ResultsError as problem:
            if kinds and number == len(lines) and not line.endswith(b"\n"):
                yield Stop(f"line {number} of {path.name} is half written")
                return
            raise ResultsError(f"{path}, line {number}: {problem}" + ("" if kinds else f"; {_WOULD_DO}")) from None
        if kinds and kinds[-1] is Footer:
            raise ResultsError(f"{path}, line {number}: a record after the footer")
        kinds.append(type(record))
        yield record


def _lines(path: Path) -> list[bytes]:
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise ResultsError(f"cannot read {path}: {problem.strerror or problem}; {_WOULD_DO}") from None
    if not data:
        raise ResultsError(f"{path} is empty: a result stream begins with its header; {_WOULD_DO}")
    return data.splitlines(keepends=True)


def _record(line: bytes, *, first: bool) -> StreamRecord:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise ResultsError("not JSON, so not a result stream") from None
    kind = value.get("record") if isinstance(value, dict) else None
    if first != (kind == "header"):
        raise ResultsError("a second header" if kind == "header" else "the header is missing, so not a result stream")
    if kind == "header" and value.get("format") != FORMAT:
        raise ResultsError(f"the format is {value.get('format')!r}, this version reads {FORMAT!r}")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ResultsError(f"unknown kind of record {kind!r}")
    record = _KINDS[kind].from_json(value)
    if isinstance(record, Header) and not _is_moment(record.started):
        raise ResultsError(f"Header.started is {record.started[:40]!r}, which is no moment in ISO 8601 with its zone")
    return record


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
