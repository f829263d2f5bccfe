"""2.1.1.1.1: what a conforming request rests on, and that nothing optional in it hides a fault beside it.

A server that wants more than the document, or other, refuses every conforming request; then the request that has what
it wants tells which requirement it breaks, and only that one is held against it.
"""

from __future__ import annotations

from functools import partial

import pytest

from conformance.checks import verdict
from conformance.exchange import Exchange
from conformance.generate.faults import faults
from conformance.generate.join import JoinDraft
from conformance.generate.otherwise import BESIDE, OTHERWISE
from conformance.generate.variants import Change, Variant
from conformance.kit import Case, NotOffered, Twin, Unproven, edit_record, may_bear_on, requirement

SECTION = "2.1.1.1.1"
CHALLENGE = "join-request/challenge-optional"
NONCE = "csr-nonce-foreign"
FAULTS = (
    "csr-signature",
    "csr-cn",
    "csr-key-size",
    "transport-key-magic",
    "transport-key-no-tail",
    NONCE,
    "os-version-required",
    "join-type-defined",
)


@pytest.mark.parametrize(
    "other", [pytest.param(one, id=one.name, marks=requirement(*one.requirements)) for one in OTHERWISE]
)
def test_conforming_request_is_enough(case: Case, other: Variant) -> None:
    """A conforming request; where it is refused, the same with one thing otherwise shows what is wanted of it."""
    draft = case.session.draft()
    rests_on(case, other.requirements[0], draft, other.apply(draft), other.title)


@requirement(CHALLENGE)
def test_no_challenge_is_enough(case: Case) -> None:
    """A conforming request without a challenge, at the JoinEndpoint; where it is refused, the same with one."""
    draft = case.session.draft()
    supply = case.session.credentials.challenge
    other = draft.with_challenge(case.session.secret(supply, "challenge")) if supply else draft
    rests_on(case, CHALLENGE, draft, other, "The request has a challenge.")


def rests_on(case: Case, id_: str, draft: JoinDraft, other: JoinDraft, title: str) -> None:
    """The requirement passes where the draft is accepted, and fails where only the other is."""
    exchange = case.session.join(draft, "a conforming join")
    why = verdict.join(exchange)[1]
    enough = accepted(exchange)
    if not enough and not accepted(case.session.join(other, title)):
        raise Unproven(f"a conforming join was not accepted, and not for this: {why}")
    if not enough and accepted(case.session.join(draft, "the conforming join once more")):
        raise Unproven(f"a conforming join was accepted at its second try only: {why}")
    case.hold(id_, enough, f"{why} to a conforming request, which is accepted otherwise: {title}", exchange)


def accepted(exchange: Exchange) -> bool:
    """Whether a device came of it."""
    return verdict.join(exchange)[0] is verdict.Verdict.ACCEPTED


@pytest.mark.parametrize("member", BESIDE, ids=[words.replace(" ", "-") for words, _ in BESIDE])
@may_bear_on(*(f"join-request/{name}" for name in FAULTS))
def test_fault_beside_what_is_optional(case: Case, member: tuple[str, Change]) -> None:
    """One fault each in requests with an optional member, which are accepted without the fault."""
    words, add = member
    case.twins.before(Twin.JOIN)
    with_it = case.session.draft()
    if not accepted(case.session.join(add(with_it), f"a request with {words}")):
        raise NotOffered(f"a request with {words} is not accepted")
    for name in offered(case):
        for edit in case.sample(faults(f"join-request/{name}"))[:2]:
            draft = edit.apply(add(case.session.draft()))
            title = f"{edit.title} Beside it stands {words}."
            case.refused(partial(case.session.join, draft, title), edit_record(edit), Twin.JOIN)


def offered(case: Case) -> list[str]:
    """The faults to send: one of a nonce is none where the target gives no nonces."""
    nonces = case.session.services().endpoint("NonceService.Endpoint") is not None
    return [name for name in FAULTS if nonces or name != NONCE]
