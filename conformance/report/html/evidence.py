"""Failures as a page shows them: which of them whole, what was changed and sent, what came, and the way again.

The one rule: a page stays within bounds, whatever a target did. At most `EACH` failures of a requirement, `WHOLE` of
all and `MUCH` of what they hold are shown whole, spread evenly; what is left out is counted, and lies in results.jsonl.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from itertools import accumulate

from markupsafe import Markup

from conformance.exchange import REDACTED, Exchange, Headers, Request
from conformance.report import resend
from conformance.report.html.body import show, show_subject
from conformance.report.html.dissected import Dissected, dissected
from conformance.report.html.frame import LONGEST
from conformance.results import EditRecord, Evidence, Header, RequirementResult, Results

EACH = 3
WHOLE = 45
MUCH = 400_000  # characters and octets, as far as each is shown
_PROBLEMS = 8  # other problems of a requirement told; one, where nothing of it is shown whole
_HEADERS = 20  # headers of a message shown
_COMMAND = 4_000  # characters of a command that is worth copying


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer: its first line in two parts, its headers, and its body laid out."""

    strong: str
    line: str
    headers: Headers
    more: int  # headers left out
    size: int
    body: Markup


@dataclass(frozen=True, slots=True)
class Pair:
    """A request and what came of it; `answer` is None where nothing did, and `failure` then says why."""

    sent: Message
    came: Message | None
    failure: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Shown:
    """One failure, whole. `number` is its place among those shown of its requirement, from 1, as its body file's is."""

    number: int
    problem: str
    where: str
    edit: EditRecord | None
    parts: Dissected | None
    octets: Markup | None
    exchange: Pair | None
    twin: Pair | None
    replay: str
    command: str
    file: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failures:
    """The failures of a requirement: some whole, the problems of the others with how often, and how many in all."""

    whole: tuple[Shown, ...]
    others: tuple[tuple[str, int], ...]
    problems: int  # more problems than that
    left: int  # failures that are not shown whole
    rerun: str


def chosen(results: Results) -> dict[str, tuple[Evidence, ...]]:
    """The failures to show whole, by requirement: different problems before the same again, MUSTs before SHOULDs."""
    share = min(EACH, max(1, WHOLE // max(len(results.failed), 1)))
    found: dict[str, tuple[Evidence, ...]] = {}
    count = much = 0
    for item in results.failed:
        wanted = resend.varied(item.failures)[: min(share, WHOLE - count)]
        sizes = accumulate(map(_size, wanted), initial=much)
        found[item.id] = tuple(evidence for evidence, size in zip(wanted, sizes, strict=False) if size < MUCH)
        count += len(found[item.id])
        much += sum(map(_size, found[item.id]))
    return found


def _size(evidence: Evidence) -> int:
    """About how much a page shows of a failure: texts by their length, bodies and lists as far as they are shown."""
    shown = len(evidence.problem[:600])
    for exchange in filter(None, (evidence.exchange, evidence.baseline)):
        shown += min(len(exchange.request.body), LONGEST)
        shown += min(len(exchange.answer.body), LONGEST) if exchange.answer else 0
        headers = exchange.request.headers[:_HEADERS] + (exchange.answer.headers[:_HEADERS] if exchange.answer else ())
        shown += sum(len(name[:100]) + len(value[:300]) for name, value in headers)
    return shown


def failures(item: RequirementResult, whole: tuple[Evidence, ...], header: Header) -> Failures:
    """All that a page shows of a requirement's failures."""
    shown = {id(evidence) for evidence in whole}
    others = Counter(evidence.problem for evidence in item.failures if id(evidence) not in shown).most_common()
    told = _PROBLEMS if whole else 1
    return Failures(
        tuple(_shown(evidence, item.id, number, header) for number, evidence in enumerate(whole, start=1)),
        tuple(others[:told]),
        max(len(others) - told, 0),
        len(item.failures) - len(whole),
        resend.rerun(header, item.id),
    )


def _shown(evidence: Evidence, requirement: str, number: int, header: Header) -> Shown:
    exchange, edit = evidence.exchange, evidence.edit
    body = exchange.request.body if exchange else b""
    parts = dissected(edit, body) if edit else None
    file = resend.file_name(requirement, number, exchange.request) if exchange else ""
    again = resend.command(exchange.request, file) if exchange and _is_short(exchange.request) else ""
    command = evidence.curl or again
    return Shown(
        number,
        evidence.problem,
        evidence.where,
        edit,
        parts,
        show_subject(edit, body) if edit and parts is None else None,
        _pair(exchange, edit, evidence.where) if exchange else None,
        _pair(evidence.baseline) if evidence.baseline and number == 1 else None,
        resend.replay(header, requirement, number, ".") if exchange else "",
        command if len(command) <= _COMMAND else "",
        file,
        _secrets(exchange) if exchange else (),
    )


def _pair(exchange: Exchange, edit: EditRecord | None = None, where: str = "") -> Pair:
    request, answer = exchange.request, exchange.answer
    sent = _message(request.method, request.url, request.headers, request.body, show(request.body, edit))
    came = None
    if answer is not None:
        phrase = next((status.phrase for status in HTTPStatus if status == answer.status), "")
        shown = show(answer.body, where=where)
        came = _message(str(answer.status), f"{phrase} {answer.http_version}", answer.headers, answer.body, shown)
    failure = f"{exchange.failure.message} ({exchange.failure.kind.value})" if exchange.failure else ""
    return Pair(sent, came, failure, exchange.seconds)


def _message(strong: str, line: str, headers: Headers, body: bytes, shown: Markup) -> Message:
    return Message(strong, line.strip(), headers[:_HEADERS], max(len(headers) - _HEADERS, 0), len(body), shown)


def _is_short(request: Request) -> bool:
    """Whether a command for it is: one that only names a file is, whatever the file holds."""
    if request.octets:
        return True
    return len(request.url) + sum(len(name) + len(value) for name, value in request.headers) <= _COMMAND


def _secrets(exchange: Exchange) -> tuple[str, ...]:
    """What to put into the environment before the command is run."""
    token = any(REDACTED in value for _, value in exchange.request.headers)
    return ("DRS_TOKEN",) * token + ("DRS_CHALLENGE",) * (REDACTED.encode() in exchange.request.body)
