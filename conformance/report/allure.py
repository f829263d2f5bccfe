"""allure-results/: a file per test in the form that Allure 3 reads, made of the stream like every other report.

The one rule: what passed costs little. A test that passed is one file below two kilobytes, and only what failed has
attachments, so that a whole run stays below two thousand files.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.exchange import Exchange
from conformance.report import files
from conformance.report.text import as_text, clip, plural, visible
from conformance.results import Header, Outcome, RequirementOutcome, StreamRecord, TestRecord
from conformance.spec import Catalogue

FOLDER = "allure-results"
_DOCUMENT = "https://learn.microsoft.com/openspecs/windows_protocols/ms-drs/"
_STATUS = {
    Outcome.PASS: "passed",
    Outcome.FAIL: "failed",
    Outcome.ERROR: "broken",
    Outcome.SKIP: "skipped",
    Outcome.INCONCLUSIVE: "skipped",
}
_SEVERITY = {"MUST": "critical", "SHOULD": "normal", "MAY": "minor"}
_STORIES = 6  # requirements that a test is found by, and steps of one that passed
_ATTACHED = 600  # attachments of a run; the page has the rest
_OF_A_TEST = 3
_BODY = 16_384
CATEGORIES = (
    ("The target broke where it had to answer", "failed", r"(?s).*\bbroke\b.*"),
    ("The target fails a requirement", "failed", None),
    ("The suite's own fault", "broken", None),
    ("Inconclusive: the untouched twin was not accepted", "skipped", r"(?s)inconclusive: .*"),
    ("Not tested", "skipped", None),
)


def write(out: Path, records: Iterable[StreamRecord], catalogue: Catalogue) -> None:
    """Writes the folder anew below `out`. Raises UsageError, one sentence, where it cannot."""
    every = tuple(records)
    header = next(record for record in every if isinstance(record, Header))
    made = {"environment.properties": _environment(header), "categories.json": _categories()}
    began, left = round(datetime.fromisoformat(header.started).timestamp() * 1000), _ATTACHED
    for test in (record for record in every if isinstance(record, TestRecord)):
        attachments = dict(list(_attachments(test).items())[:left])
        left -= len(attachments)
        key = uuid.uuid5(uuid.NAMESPACE_URL, f"{header.started} {test.test}")
        made |= {f"{key}-{number}-attachment.txt": text for number, text in enumerate(attachments.values())}
        made[f"{key}-result.json"] = _dump(
            _result(test, header, str(key), list(attachments), began=began, catalogue=catalogue)
        )
        began += round(1000 * test.seconds)
    folder = files.own(out / FOLDER)
    _clear(folder)
    for name, content in made.items():
        files.write(folder / name, content)


def _clear(folder: Path) -> None:
    """An older report's files go; what is none of them stays."""
    try:
        for pattern in ("*-result.json", "*-container.json", "*-attachment*"):
            for path in folder.glob(pattern):
                path.unlink()
    except OSError as problem:
        raise UsageError(f"cannot remove an older report's {problem.filename}: {problem.strerror}") from None


def _result(
    test: TestRecord, header: Header, key: str, attached: list[str], *, began: int, catalogue: Catalogue
) -> dict[str, Any]:
    name, _, parameter = test.test.rpartition("::")[2].partition("[")
    identity = hashlib.sha256(test.test.encode("utf-8", "replace")).hexdigest()[:32]
    attachments = [
        {"name": title, "source": f"{key}-{number}-attachment.txt", "type": "text/plain"}
        for number, title in enumerate(attached)
    ]
    return {
        "uuid": key,
        "historyId": identity,  # of the test alone, so that its runs are a history
        "testCaseId": identity,
        "fullName": visible(test.test),
        "name": clip(visible(test.title), 200),
        "status": _STATUS[test.outcome],
        **({"statusDetails": details} if (details := _details(test, header)) else {}),
        "stage": "finished",
        "start": began,
        "stop": began + round(1000 * test.seconds),
        "labels": _labels(test, name, catalogue),
        "links": [{"name": f"MS-DRS {test.section}", "url": _DOCUMENT, "type": "link"}],
        **({"parameters": [{"name": "case", "value": visible(parameter.rstrip("]"))}]} if parameter else {}),
        "steps": _steps(test, catalogue),
        **({"attachments": attachments} if attachments else {}),
    }


def _details(test: TestRecord, header: Header) -> dict[str, Any]:
    if test.outcome is Outcome.PASS:
        return {}
    failed = [item for item in test.requirements if item.outcome is Outcome.FAIL]
    told = "\n".join(f"{item.id}: {evidence.problem}" for item in failed for evidence in item.failures)
    word = "inconclusive: " if test.outcome is Outcome.INCONCLUSIVE else ""
    accepted = {entry.requirement for entry in header.accepted or ()}
    known = {"known": True} if failed and {item.id for item in failed} <= accepted else {}
    trace = {"trace": clip(visible(told), _BODY)} if told else {}
    return {"message": clip(visible(word + (test.reason or told or "no reason was recorded")), 1000), **trace, **known}


def _labels(test: TestRecord, name: str, catalogue: Catalogue) -> list[dict[str, str]]:
    entries = [catalogue.requirements[item.id] for item in test.requirements if item.id in catalogue.requirements]
    levels = {str(entry.level) for entry in entries}
    titles = {section.number: section.title for section in catalogue.sections}
    worst_first = sorted(test.requirements, key=lambda item: item.outcome is not Outcome.FAIL)
    labels = {
        "epic": ["MS-DRS"],
        "feature": [f"{test.section} {titles.get(test.section, '')}".strip()],
        "story": [item.id for item in worst_first[:_STORIES]],
        "severity": [next((word for level, word in _SEVERITY.items() if level in levels), "minor")],
        "suite": [test.test.partition("::")[0].rpartition("/")[2]],
        "testMethod": [name],
        "framework": ["drs-conformance"],
        "language": ["python"],
    }
    return [{"name": kind, "value": value} for kind, values in labels.items() for value in values]


def _steps(test: TestRecord, catalogue: Catalogue) -> list[dict[str, Any]]:
    """A step per requirement: all that did not pass, and of those that did the first few and their number."""
    passed = [item for item in test.requirements if item.outcome is Outcome.PASS]
    others = [item for item in test.requirements if item.outcome is not Outcome.PASS]
    steps = [_step(item, catalogue) for item in (*others, *passed[:_STORIES])]
    if (more := len(passed) - _STORIES) > 0:
        steps.append({"name": plural(more, "more requirement"), "status": "passed"})
    return steps


def _step(item: RequirementOutcome, catalogue: Catalogue) -> dict[str, Any]:
    entry = catalogue.requirements.get(item.id)
    passed = item.outcome is Outcome.PASS
    name = item.id if passed or entry is None else f"{item.id}: {entry.title}"
    details = {} if passed else {"statusDetails": {"message": clip(visible(item.reason), 500)}}
    return {"name": name, "status": _STATUS[item.outcome], **details}


def _attachments(test: TestRecord) -> dict[str, str]:
    """What was sent and came in the first failures, and the twin that was accepted."""
    shown = [evidence for item in test.requirements for evidence in item.failures][:_OF_A_TEST]
    return {
        f"{number}. {kind}: {clip(visible(evidence.problem), 80)}": _text(exchange)
        for number, evidence in enumerate(shown, start=1)
        for kind, exchange in (("sent", evidence.exchange), ("twin", evidence.baseline))
        if exchange is not None
    }


def _text(exchange: Exchange) -> str:
    request, answer = exchange.request, exchange.answer
    sent = [f"{request.method} {request.url}", *_headers(request.headers), "", _body(request.body), ""]
    if answer is None:
        came = [f"no answer: {exchange.failure.message}" if exchange.failure else "no answer"]
    else:
        came = [f"{answer.http_version} {answer.status}", *_headers(answer.headers), "", _body(answer.body)]
    return visible("\n".join([*sent, *came]))


def _headers(headers: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers]


def _body(data: bytes) -> str:
    text = as_text(data)
    return f"{len(data)} octets: {data[: _BODY // 2].hex()}" if text is None else clip(text, _BODY)


def _environment(header: Header) -> str:
    told = {f"target.{name}": value for name, value in header.target.items()}
    told |= {"profile": header.profile, "gate": header.gate, "seed": str(header.seed)} | header.versions
    return "".join(f"{name} = {_property(value)}\n" for name, value in told.items())


def _property(value: str) -> str:
    """A value of a Java properties file: one line, ASCII, backslashes doubled."""
    shown = visible(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    units = shown.encode("utf-16-be", "surrogatepass")
    return "".join(
        chr(unit) if 0x20 <= unit < 0x7F else f"\\u{unit:04x}"  # noqa: PLR2004 - ASCII
        for unit in (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    )


def _categories() -> str:
    rows = [
        {"name": name, "matchedStatuses": [status], **({"messageRegex": pattern} if pattern else {})}
        for name, status, pattern in CATEGORIES
    ]
    return json.dumps(rows, indent=2) + "\n"


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
