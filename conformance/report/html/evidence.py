"""One failure, shown whole: what was changed, what was sent, what came, the accepted twin, how to send it again."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from conformance.exchange import REDACTED, Answer, Exchange, Headers, Request
from conformance.report import resend
from conformance.report.html.body import show, show_subject
from conformance.report.html.markup import Markup, el, fragment
from conformance.report.text import plural
from conformance.results import EditRecord, Evidence, Header

SHOWN = 3  # failures of a requirement shown whole; the others by their problem alone


@dataclass(frozen=True, slots=True)
class Place:
    """Where a failure stands: the run, the requirement, its number there from 1, and of how many."""

    header: Header
    requirement: str
    number: int
    of: int


def failures(header: Header, requirement: str, every: tuple[Evidence, ...]) -> Markup:
    """All failures of a requirement."""
    places = [Place(header, requirement, number, len(every)) for number in range(1, len(every) + 1)]
    whole = [failure(evidence, place) for evidence, place in zip(every[:SHOWN], places, strict=False)]
    rest = [el("li", evidence.problem) for evidence in every[SHOWN:]]
    return fragment(whole, el("p", "And, in fewer words:"), el("ul", rest)) if rest else fragment(whole)


def failure(evidence: Evidence, place: Place) -> Markup:
    """One failure."""
    count = f"Failure {place.number} of {place.of}" if place.of > 1 else "Failure"
    where = el("p", "Where: ", el("code", evidence.where), cls="where") if evidence.where else None
    return el(
        "article",
        el("h4", el("span", count, cls="count"), " ", evidence.problem),
        where,
        _edit(evidence.edit) if evidence.edit else None,
        _exchange(evidence, evidence.exchange) if evidence.exchange else None,
        _twin(evidence.baseline) if evidence.baseline else None,
        _again(evidence, place),
        cls="failure",
    )


def _edit(edit: EditRecord) -> Markup:
    position = None if edit.offset is None else fragment(" · offset ", el("code", f"{edit.offset} (0x{edit.offset:x})"))
    path = fragment(" · ", el("code", edit.path)) if edit.path else None
    swap = None
    if edit.before or edit.after:
        pairs = (("before", edit.before), ("after", edit.after))
        swap = el(
            "dl",
            [el("div", el("dt", name), el("dd", el("code", value or "(nothing)"))) for name, value in pairs],
            cls="swap",
        )
    return el(
        "section",
        el("h5", "What was changed"),
        el("p", edit.title),
        el("p", edit.layer, path, position, cls="caption"),
        swap,
        cls="edit",
    )


def _exchange(evidence: Evidence, exchange: Exchange) -> Markup:
    return el("div", _sent(exchange.request, evidence.edit), _came(exchange), cls="exchange")


def _sent(request: Request, edit: EditRecord | None) -> Markup:
    return el(
        "section",
        el("h5", "What was sent"),
        el("p", el("strong", request.method), " ", el("code", request.url), cls="line"),
        _headers(request.headers),
        show(request.body, edit),
        show_subject(edit, request.body) if edit else None,
    )


def _came(exchange: Exchange) -> Markup:
    if exchange.answer is None:
        assert exchange.failure is not None
        told: Markup = fragment(
            el("p", el("strong", "no answer"), f" ({exchange.failure.kind.value})", cls="line"),
            el("p", exchange.failure.message),
        )
    else:
        told = fragment(_status(exchange.answer), _headers(exchange.answer.headers), show(exchange.answer.body))
    return el(
        "section", el("h5", "What came"), told, el("p", f"after {exchange.seconds * 1000:,.0f} ms", cls="caption")
    )


def _status(answer: Answer) -> Markup:
    phrase = next((status.phrase for status in HTTPStatus if status == answer.status), "")
    return el(
        "p", el("strong", str(answer.status)), f" {phrase} ", el("span", answer.http_version, cls="caption"), cls="line"
    )


def _headers(headers: Headers) -> Markup | None:
    if not headers:
        return None
    listed = [el("div", el("dt", name), el("dd", value)) for name, value in headers]
    return el("details", el("summary", plural(len(headers), "header")), el("dl", listed, cls="headers"), cls="headers")


def _twin(baseline: Exchange) -> Markup:
    answered = str(baseline.answer.status) if baseline.answer else "no answer"
    return el(
        "details",
        el("summary", "The untouched twin, answered ", el("strong", answered)),
        el("div", _sent(baseline.request, None), _came(baseline), cls="exchange"),
        cls="twin",
    )


def _again(evidence: Evidence, place: Place) -> Markup | None:
    if evidence.exchange is None:
        return None
    request = evidence.exchange.request
    file = resend.body_name(place.requirement, place.number, request.body)
    command = evidence.curl or resend.curl(request, file)
    notes = [el("p", "The body, byte for byte: ", el("a", el("code", file), href=file), ".")] if request.body else []
    if any(REDACTED in value for _, value in request.headers):
        notes.append(el("p", "Put a token into ", el("code", "DRS_TOKEN"), "; none is kept here."))
    if REDACTED.encode() in request.body:
        notes.append(el("p", "Put a challenge into ", el("code", "DRS_CHALLENGE"), "; none is kept here."))
    return el(
        "details",
        el("summary", "Send it again"),
        el("p", "From the folder of this report:"),
        el("pre", command, cls="command", tabindex=0),
        notes,
        el("p", "A nonce is good once. To have the case made anew, with a fresh one:"),
        el("pre", resend.rerun(place.header, place.requirement), cls="command", tabindex=0),
        cls="again",
    )
