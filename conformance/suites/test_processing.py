"""2.1.1.1.3: "Processing Details", which is empty: what refusing means, and what any JSON or any octets must not do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks import refusal, verdict
from conformance.generate.faults import covered, faults
from conformance.generate.hostile import HOSTILE, LARGE, Hostile
from conformance.generate.join import JoinDraft
from conformance.generate.spelling import Spelling
from conformance.generate.tokens import GARBAGE
from conformance.kit import Case, Twin, Unproven, requirement

SECTION = "2.1.1.1.3"
PREFIX = "processing/"
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
    """Requests that are plainly wrong, one for each depth: each is answered 4xx, and not 2xx, 3xx or 5xx."""
    case.refuses(*(replace(faults(id_)[0], requirement="processing/refusal-status") for id_ in PLAINLY_WRONG))


@requirement(
    "processing/no-secrets",
    "processing/no-internals",
    "processing/error-shape",
    "processing/error-media-type",
    "processing/error-time",
    "processing/error-codes",
    "field-services/error-trace",
)
def test_what_a_refusal_says(case: Case) -> None:
    """The bodies of refusals: their shape is open (A7); the server's insides and our secrets are not in them."""
    case.twins.before(Twin.JOIN)
    refused = []
    for id_ in PLAINLY_WRONG:
        edit = faults(id_)[0]
        refused.append(case.session.join(edit.apply(case.session.draft()), edit.title))
    garbage = case.session.send_join(
        case.session.join_step(), "a garbage token", token=GARBAGE
    )
    for exchange in (*refused, garbage):
        if verdict.join(exchange)[0] is verdict.Verdict.REFUSED:
            case.judge(refusal.leaks(exchange), exchange)
            case.judge(refusal.observe(exchange), exchange)
    for id_ in ("processing/error-media-type", "processing/error-time", "processing/error-codes"):
        if not case.has_observed(id_):
            case.observe(id_, "does not", "no refusal has such a member")


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
    """A conforming request after one of every kind of refused ones, on the same connection where the target kept it."""
    case.twins.before(Twin.JOIN)
    for id_ in PLAINLY_WRONG:
        edit = faults(id_)[0]
        case.session.join(edit.apply(case.session.draft()), edit.title)
        case.accepts_join(["processing/goes-on"], f"a conforming request after: {edit.title}", case.session.draft())


@requirement("processing/body-size")
def test_large_body_is_refused(case: Case) -> None:
    """A request of several MiB, in a member whose text means nothing: refused, without the server failing."""
    join = case.session.join_step()
    step = replace(join, body=LARGE.change(join.body))
    title = LARGE.title
    case.refused_step("processing/body-size", title, step, Twin.JOIN, layer="json-text", token=case.session.token())


# --- the same value in other spellings


def spelled(case: Case, id_: str, title: str, spelling: Spelling) -> None:
    """A conforming request in another spelling is accepted."""
    draft: JoinDraft = replace(case.session.draft(), spelling=spelling)
    case.accepts_join([id_], title, draft)


@given(gap=st.text(alphabet=" \t\r\n", min_size=1, max_size=4))
@requirement("processing/json-white-space")
def test_white_space(case: Case, gap: str) -> None:
    """White space wherever RFC 8259 section 2 allows it."""
    spelled(case, "processing/json-white-space", f"white space {gap!r} around every token", Spelling(gap=gap))


@given(letters=st.frozensets(st.sampled_from("aeiouyTRDJ/+=pk10"), min_size=1))
@requirement("processing/json-escapes")
def test_escapes(case: Case, letters: frozenset[str]) -> None:
    r"""`\u` escapes for letters that need none, in texts and member names (RFC 8259 section 7)."""
    title = f"escapes for {''.join(sorted(letters))!r}"
    spelled(case, "processing/json-escapes", title, Spelling(escape=letters))


@given(rotate=st.integers(1, 6))
@requirement("processing/json-member-order")
def test_member_order(case: Case, rotate: int) -> None:
    """The members in another order, which means nothing (RFC 8259 section 4)."""
    spelled(case, "processing/json-member-order", f"members rotated by {rotate}", Spelling(rotate=rotate))


@pytest.mark.parametrize(
    "media", ["application/json; charset=utf-8", "Application/JSON", "APPLICATION/JSON;charset=UTF-8"]
)
@requirement("processing/media-type-parameters")
def test_media_type_with_parameters(case: Case, media: str) -> None:
    """The media type with a charset parameter, or in other letters (RFC 9110 8.3.1)."""
    step = case.session.join_step().having(("Content-Type", media))
    title = f"Content-Type: {media}"
    send = lambda: case.session.send_join(step, title, token=case.session.token())  # noqa: E731
    case.accepts(["processing/media-type-parameters"], title, send, Twin.JOIN)


@requirement("processing/chunked")
def test_chunked(case: Case) -> None:
    """A conforming request in chunks (RFC 9112 7.1), its length nowhere said."""
    step = replace(case.session.join_step(), chunked=True)
    title = "Transfer-Encoding: chunked"
    send = lambda: case.session.send_join(step, title, token=case.session.token())  # noqa: E731
    case.accepts(["processing/chunked"], title, send, Twin.JOIN)


@requirement("processing/device-quota", "processing/busy")
def test_what_a_busy_target_says(case: Case) -> None:
    """A conforming request: where it is refused for a quota or for load, that is what is seen."""
    exchange = case.session.join(case.session.draft(), "a conforming join")
    answer = exchange.answer
    if answer is None:
        raise Unproven("no answer")
    quota = b"DeviceCapReached" in answer.body or b"quota" in answer.body.lower()
    case.observe(
        "processing/device-quota", "does" if answer.status >= 400 and quota else "not met", f"answered {answer.status}"
    )
    case.observe("processing/busy", "does" if answer.status in {429, 503} else "not met", f"answered {answer.status}")
