"""results.sarif: SARIF 2.1.0 (OASIS) for code-scanning views: a rule per requirement, a result per failed one.

The one rule: a failure has no line of source, so the request and the answer are its place. They stand in `webRequest`
and `webResponse`; the physical location that views insist on is the report. What the baseline accepts is suppressed.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.report.text import as_text, clip, visible
from conformance.results import Outcome, Verdict

if TYPE_CHECKING:
    from conformance.exchange import Answer, Headers, Request
    from conformance.results import Evidence, RequirementResult, Results
    from conformance.spec import Catalogue, Requirement

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_DOCUMENT = "https://learn.microsoft.com/openspecs/windows_protocols/ms-drs/"
_LEVELS = {"MUST": "error", "SHOULD": "warning", "MAY": "note"}
_BODY = 8_192  # characters of a body: views load the whole file
_SENTENCE = 1_000


def render(results: Results, catalogue: Catalogue) -> str:
    """The log, indented, ASCII only."""
    rules = [item.id for item in results.requirements]
    version = results.header.versions.get("drs-conformance", "")
    driver = {
        "name": "drs-conformance",
        "semanticVersion": version if version[:1].isdigit() else "0.0.0",  # a source tree has none
        "rules": [_rule(item, catalogue.requirements[item.id]) for item in results.requirements],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "drs-conformance/"},
        "invocations": [_invocation(results)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(item, rules.index(item.id)) for item in results.failed],
        "properties": {
            "verdict": results.verdict.value,
            "why": visible(results.why),
            "target": {name: visible(value) for name, value in results.header.target.items()},
            "profile": results.header.profile,
            "gate": results.header.gate,
            "seed": results.header.seed,
        },
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, allow_nan=False) + "\n"


def _rule(item: RequirementResult, entry: Requirement) -> dict[str, Any]:
    said = f"“{entry.quote}”" if entry.quote else entry.reference
    return {
        "id": item.id,
        "shortDescription": {"text": item.title},
        "fullDescription": {"text": clip(" ".join(filter(None, (entry.expects, said))) or item.title, _SENTENCE)},
        "help": {"text": f"MS-DRS {item.section}. {entry.expects}".strip()},
        "helpUri": _DOCUMENT,
        "defaultConfiguration": {"level": _LEVELS[item.level]},
        "properties": {"tags": [item.level, item.source, f"MS-DRS {item.section}"]},
    }


def _result(item: RequirementResult, index: int) -> dict[str, Any]:
    first = item.failures[0] if item.failures else None
    return {
        "ruleId": item.id,
        "ruleIndex": index,
        "kind": "fail",
        "level": _LEVELS[item.level],
        "message": {"text": _message(item)},
        "locations": [_location(first)],
        "partialFingerprints": {"requirement/v1": hashlib.sha256(item.id.encode()).hexdigest()},
        **(_web(first) if first else {}),
        **({"suppressions": [_suppression(item)]} if item.accepted else {}),
        "properties": {"tests": item.tests, "cases": item.cases, "requests": item.requests},
    }


def _message(item: RequirementResult) -> str:
    shown = [
        clip(visible(evidence.problem + (f" (at {evidence.where})" if evidence.where else "")), _SENTENCE)
        for evidence in item.failures[:1]
    ]
    more = len(item.failures) - 1
    return f"{item.title}: {(shown or [visible(item.reason)])[0]}" + (f" (and {more} more)" if more > 0 else "")


def _location(evidence: Evidence | None) -> dict[str, Any]:
    place = {"physicalLocation": {"artifactLocation": {"uri": "index.html"}, "region": {"startLine": 1}}}
    if evidence is None or evidence.exchange is None:
        return place
    request = evidence.exchange.request
    name = visible(f"{request.method} {_path(request.url)}")
    return {**place, "logicalLocations": [{"fullyQualifiedName": clip(name, _SENTENCE), "kind": "resource"}]}


def _path(url: str) -> str:
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return url


def _suppression(item: RequirementResult) -> dict[str, Any]:
    assert item.accepted is not None
    return {"kind": "external", "status": "accepted", "justification": visible(item.accepted.reason)}


def _web(evidence: Evidence) -> dict[str, Any]:
    exchange = evidence.exchange
    if exchange is None:
        return {}
    told: dict[str, Any] = {"webRequest": _request(exchange.request)}
    if exchange.answer is not None:
        told["webResponse"] = _response(exchange.answer)
    elif exchange.failure is not None:
        told["webResponse"] = {"noResponseReceived": True, "reasonPhrase": visible(exchange.failure.message)}
    return told


def _request(request: Request) -> dict[str, Any]:
    return {
        "protocol": "http",
        "version": "1.1",
        "method": visible(request.method),
        "target": visible(request.url),
        "headers": _headers(request.headers),
        **({"body": _body(request.body)} if request.body else {}),
    }


def _response(answer: Answer) -> dict[str, Any]:
    return {
        "protocol": "http",
        "version": visible(answer.http_version.removeprefix("HTTP/")),
        "statusCode": answer.status,
        "headers": _headers(answer.headers),
        **({"body": _body(answer.body)} if answer.body else {}),
    }


def _headers(headers: Headers) -> dict[str, str]:
    """One value for a name, as SARIF has it: those of a name that comes twice are joined (RFC 9110 5.2)."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key = visible(name)
        joined[key] = f"{joined[key]}, {visible(value)}" if key in joined else visible(value)
    return joined


def _body(body: bytes) -> dict[str, Any]:
    text = as_text(body)
    if text is None:
        return {"text": f"{len(body)} octets that are no text; failures/ has what was sent, whole"}
    return {"text": clip(visible(text), _BODY)}


def _invocation(results: Results) -> dict[str, Any]:
    erred = [item for item in results.requirements if item.verdict is Outcome.ERROR]
    notes = [_note(f"{item.id}: {item.reason}", "error") for item in erred]
    if results.verdict is Verdict.INCOMPLETE:
        notes.insert(0, _note(results.why, "error"))
    ended = {"endTimeUtc": results.ended} if results.ended else {}
    return {
        "executionSuccessful": results.verdict is not Verdict.INCOMPLETE,
        "exitCode": results.exit_status,
        "startTimeUtc": results.header.started,
        **ended,
        **({"toolExecutionNotifications": notes} if notes else {}),
    }


def _note(text: str, level: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": clip(visible(text), _SENTENCE) or "without a word"}}
