"""2.1.1.1.3: "Processing Details", which is empty: what refusing means, and what any JSON or any octets must not do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks import refusal, verdict
from conformance.generate.accepted import ACCEPTED, ESCAPED_PAIRS
from conformance.generate.bytes import OPEN
from conformance.generate.edits import Edit
from conformance.generate.faults import covered, faults
from conformance.generate.hostile import HOSTILE, LARGE, Hostile
from conformance.generate.join import JoinDraft
from conformance.generate.observed import OBSERVED
from conformance.generate.spelling import PLAIN
from conformance.generate.tokens import GARBAGE
from conformance.generate.variants import Variant
from conformance.kit import Case, NotOffered, QuotaReached, Twin, Unproven, may_bear_on, requirement, steps

SECTION = "2.1.1.1.3"
PREFIX = "processing/"
LEAVES = "processing/refusal-leaves-nothing"
PLAINLY_WRONG = (
    "processing/malformed-json",
    "join-request/csr-required",
    "join-request/csr-signature",
    "join-request/transport-key-magic",
)


@pytest.mark.parametrize(
    "id_",
    [
        pytest.param(id_, id=id_.removeprefix(PREFIX), marks=requirement(id_))
        for id_ in sorted(covered())
        if id_.startswith(PREFIX)
    ],
)
def test_fault_is_refused(case: Case, id_: str) -> None:
    """A conforming join request whose text or media type alone is at fault."""
    case.refuses(*case.sample(faults(id_)))


@requirement("processing/refusal-status")
def test_refusal_is_4xx(case: Case) -> None:
    """Requests that are plainly wrong, one for each depth: answered 4xx, not with a 2xx of another form, 3xx or 5xx.

    One that is accepted, device and all, breaks the requirement it is at fault with, and not this one.
    """
    case.twins.before(Twin.JOIN)
    for id_ in PLAINLY_WRONG:
        edit = faults(id_)[0]
        exchange = case.session.join(edit.apply(case.session.draft()), edit.title)
        found, why = verdict.join(exchange)
        if found is not verdict.Verdict.ACCEPTED:
            refused = found is verdict.Verdict.REFUSED
            case.hold("processing/refusal-status", refused, f"{why} to what is refused: {edit.title}", exchange)


@requirement(
    "processing/no-secrets",
    "processing/no-internals",
    "processing/error-shape",
    "processing/error-media-type",
    "processing/error-time",
    "processing/error-codes",
    "field-services/error-trace",
    "field-services/error-trace-unique",
)
def test_what_a_refusal_says(case: Case) -> None:
    """The bodies of refusals: their shape is open (A7); the server's insides and our secrets are not in them."""
    case.twins.before(Twin.JOIN)
    refused = []
    for id_ in PLAINLY_WRONG:
        edit = faults(id_)[0]
        refused.append(case.session.join(edit.apply(case.session.draft()), edit.title))
    garbage = case.session.send_join(case.session.join_step(), "a garbage token", token=GARBAGE)
    told = [one for one in (*refused, garbage) if verdict.join(one)[0] is verdict.Verdict.REFUSED]
    for exchange in told:
        case.judge(refusal.leaks(exchange), exchange)
        case.judge(refusal.observe(exchange), exchange)
    for seen in refusal.traces(told).seen:
        case.observe(seen.subject, seen.reading, seen.evidence)
    if told and not case.has_observed("field-services/error-trace-unique"):
        case.observe("field-services/error-trace-unique", "does not", "no two refusals carry an id")
    for id_ in ("processing/error-media-type", "processing/error-time", "processing/error-codes"):
        if not case.has_observed(id_):
            case.observe(id_, "does not", "no refusal has such a member")


@requirement("processing/no-secrets", "processing/no-internals")
def test_what_other_answers_say(case: Case) -> None:
    """What is accepted, what is nowhere, and what is asked for by the wrong method, headers and all: nothing leaks."""
    joined = case.twins.before(Twin.JOIN)
    bare = replace(case.session.join_step(), body=b"").without("Content-Type")
    nowhere = replace(bare, method="GET", url=f"{case.session.target.url}/EnrollmentServer/nowhere?api-version=2.0")
    others = (
        case.session.discovery(),
        case.session.send_join(bare, "no body and no token"),
        case.session.send(replace(bare, method="PUT"), "PUT at the JoinEndpoint", token=case.session.token()),
        case.session.send(nowhere, "a path that nobody knows", token=case.session.token()),
    )
    for exchange in (joined, *others):
        case.judge(refusal.leaks(exchange), exchange)


@pytest.mark.parametrize("hostile", [pytest.param(one, id=one.name) for one in HOSTILE])
@requirement("processing/no-server-error")
def test_hostile_body_is_answered(case: Case, hostile: Hostile) -> None:
    """A body made to break a parser: it may be taken or refused, but it is answered, and not with a 5xx."""
    survives(case, hostile)


@given(octets=st.binary(max_size=400))
@requirement("processing/no-server-error")
def test_arbitrary_octets_are_answered(case: Case, octets: bytes) -> None:
    """Any octets for a body: they are no join request, but that is no failure of the server."""
    survives(case, Hostile("octets", "arbitrary octets", lambda _: octets))


def survives(case: Case, hostile: Hostile) -> None:
    """The target answers, and not with a 5xx."""
    case.twins.before(Twin.JOIN)
    join = case.session.join_step()
    step = replace(join, body=hostile.change(join.body))
    exchange = case.session.send_join(step, hostile.title, token=case.session.token())
    found, why = verdict.join(exchange)
    problem = f"{why} to {hostile.title}"
    case.hold("processing/no-server-error", found is not verdict.Verdict.BROKE, problem, exchange)


@requirement("processing/goes-on")
def test_goes_on_after_refusals(case: Case) -> None:
    """A conforming request right after one of every kind of refused ones, where the target kept it on one connection.

    Some are refused for their head alone: what was not read of their body is no part of the next request.
    """
    case.twins.before(Twin.JOIN)
    token, join = case.session.token(), case.session.join_step()
    refused = [(faults(id_)[0].title, join_with(case, faults(id_)[0]), token) for id_ in PLAINLY_WRONG]
    text = join.having(("Content-Type", "text/plain"))
    refused += [("no token", join, ""), ("the method PUT", replace(join, method="PUT"), token), ("a text", text, token)]
    for title, step, bearer in refused:
        good = case.session.join_step()
        case.session.send_join(step, title, token=bearer or None)
        send = partial(case.session.send_join, good, f"after: {title}", token=token)
        case.accepts(["processing/goes-on"], f"a conforming request after: {title}", send, Twin.JOIN)


def join_with(case: Case, edit: Edit) -> steps.Step:
    """A join request with one edit, ready to be sent but for its token."""
    return case.session.join_step(edit.apply(case.session.draft()))


@requirement(LEAVES)
def test_a_refused_request_once_mended(case: Case) -> None:
    """A request with one fault, which is refused, then the same without it and with a fresh nonce: accepted."""
    for id_ in PLAINLY_WRONG:
        edit, draft = faults(id_)[0], case.session.draft()
        exchange = case.session.join(edit.apply(draft), edit.title)
        if verdict.join(exchange)[0] is verdict.Verdict.REFUSED:
            case.accepts_join([LEAVES], f"the request that was refused, without its fault: {edit.title}", draft)
    case.not_applicable(LEAVES, "nothing was refused, which other cases tell of")


@requirement(LEAVES)
def test_a_device_that_a_refused_request_names(case: Case) -> None:
    """A request that means to use a device again and is refused for a fault: the device keeps its id."""
    draft = case.session.draft()
    again = replace(draft, attributes=(("ReuseDevice", True),))
    first, second = (ids(case, one, title) for one, title in ((draft, "a device"), (again, "the device, used again")))
    if not first or first != second:
        raise NotOffered("a device is not used again here, so that nothing can be seen to change it")
    for edit in (faults(id_)[0] for id_ in reversed(PLAINLY_WRONG[1:])):  # the deepest that this target refuses
        refused = case.session.join(edit.apply(again), f"the device, to be used again, but: {edit.title}")
        if verdict.join(refused)[0] is verdict.Verdict.REFUSED:
            break
    else:
        raise Unproven("no request with a fault was refused, which other cases tell of")
    title = "the device, used again after a refused request for it"
    exchange = case.accepts_join([LEAVES], title, again)
    now = verdict.devices(exchange)
    if now:
        case.hold(LEAVES, now[0][0] == first, f"the device {first} is {now[0][0]} after a refused request", exchange)


def ids(case: Case, draft: JoinDraft, title: str) -> str:
    """The id of the device that a request made; empty where it made none, or one without a name."""
    found = verdict.devices(case.session.join(draft, title))
    return found[0][0] if found else ""


@requirement("processing/body-size")
def test_large_body_is_refused(case: Case) -> None:
    """A request of several MiB, in a member whose text means nothing: refused, without the server failing."""
    join = case.session.join_step()
    step = replace(join, body=LARGE.change(join.body))
    title = LARGE.title
    case.refused_step("processing/body-size", title, step, Twin.JOIN, layer="json-text", token=case.session.token())


# --- what is accepted, and what is left open


def each(variants: Iterable[Variant]) -> list[object]:
    """A parameter per requirement of this section that these variants are about."""
    ids = sorted({variant.requirements[0] for variant in variants if variant.requirements[0].startswith(PREFIX)})
    return [pytest.param(id_, id=id_.removeprefix(PREFIX), marks=requirement(id_)) for id_ in ids]


@pytest.mark.parametrize("id_", each(ACCEPTED))
def test_variant_is_accepted(case: Case, id_: str) -> None:
    """The same request in another spelling of JSON, or of its media type, which means the same."""
    for variant in case.sample([variant for variant in ACCEPTED if variant.requirements == (id_,)]):
        case.accepts_join([id_], variant.title, variant.apply(case.session.draft()))


@requirement("processing/json-escapes")
def test_escaped_pairs(case: Case) -> None:
    """A name beyond ASCII as escapes, a surrogate pair among them; where the same name as it is would be accepted."""
    id_ = "processing/json-escapes"
    plain = replace(ESCAPED_PAIRS.apply(case.session.draft()), spelling=PLAIN)
    if verdict.join(case.session.join(plain, "the same name without escapes"))[0] is verdict.Verdict.ACCEPTED:
        case.accepts_join([id_], ESCAPED_PAIRS.title, ESCAPED_PAIRS.apply(case.session.draft()))
    else:
        case.not_applicable(id_, "the target takes no such name, escaped or not")


@pytest.mark.parametrize("id_", each(OBSERVED))
@may_bear_on(OPEN)
def test_what_is_left_open(case: Case, id_: str) -> None:
    """Texts that a reader of JSON may take or not, and members that the document does not speak of: observed."""
    case.observes([variant for variant in OBSERVED if variant.requirements[0] == id_])


@requirement("processing/chunked")
def test_chunked(case: Case) -> None:
    """A conforming request in chunks (RFC 9112 7.1), its length nowhere said; a server may insist on one (6.3)."""
    case.twins.before(Twin.JOIN)
    title = "Transfer-Encoding: chunked"
    step = replace(case.session.join_step(), chunked=True)
    exchange = case.session.send_join(step, title, token=case.session.token())
    if exchange.answer is not None and exchange.answer.status == HTTPStatus.LENGTH_REQUIRED:
        case.not_applicable("processing/chunked", "the target asks for a Content-Length (411)")
    else:
        case.accepts(["processing/chunked"], title, lambda: exchange, Twin.JOIN)


@requirement("processing/device-quota", "processing/busy")
def test_what_a_busy_target_says(case: Case) -> None:
    """A conforming request: where it is refused for a quota or for load, that is what is seen."""
    try:
        exchange = case.session.join(case.session.draft(), "a conforming join")
    except QuotaReached as reason:
        case.observe("processing/device-quota", "does", str(reason))
        case.observe("processing/busy", "not met", str(reason))
        return
    if exchange.answer is None:
        raise Unproven("no answer")
    answered = exchange.answer.status
    case.observe("processing/device-quota", "not met", f"answered {answered}")
    case.observe("processing/busy", "does" if answered in {429, 503} else "not met", f"answered {answered}")
