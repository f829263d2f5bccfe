"""2.1.1.1.1: what was spent stays spent, at either endpoint and in whatever spelling it comes again.

A service may refuse a spelling for whatever reason: a failure is only that it takes what was spent. Where it takes a
nonce of nobody's in that spelling, or at that endpoint, it does not look at nonces there, and nothing is told.
"""

from __future__ import annotations

from functools import partial

from conformance.checks import verdict
from conformance.checks.verdict import Verdict
from conformance.exchange import Exchange
from conformance.generate import respelled
from conformance.generate.edits import Edit, blob_edit, put
from conformance.generate.join import JoinDraft
from conformance.generate.measure import measured
from conformance.kit import Case, NotOffered, Twin, Unproven, edit_record, may_bear_on
from conformance.suites.accepting import precreates

SECTION = "2.1.1.1.1"
NONCE = respelled.REUSED
CHALLENGE = respelled.TWICE
AGAIN = "The nonce was spent, and comes once more"


def spent(case: Case, title: str, draft: JoinDraft, *, precreate: bool = False) -> None:
    """A request that is accepted, and so spends what it carries."""
    exchange = case.session.join(draft, title, precreate=precreate)
    if verdict.join(exchange)[0] is not Verdict.ACCEPTED:
        raise Unproven(f"{title} was not accepted, so that nothing was spent")


def found(exchange: Exchange, expected: Verdict) -> bool:
    """Whether this is the verdict on an answer to a join."""
    return verdict.join(exchange)[0] is expected


def taken(case: Case, edit: Edit, draft: JoinDraft, exchange: Exchange, twin: Twin) -> None:
    """Judges what came of what was spent, in another spelling; that a target may not break over it others tell."""
    if found(exchange, Verdict.ACCEPTED) or found(exchange, Verdict.REFUSED):
        case.refused(lambda: exchange, edit_record(edit), twin, measure=partial(measured, edit, draft))


@may_bear_on(NONCE)
def test_nonce_at_the_other_endpoint(case: Case) -> None:
    """The nonce of a device that one endpoint made, in a new request to the other, with a key of its own."""
    nonce = case.session.nonce()
    if nonce is None or not precreates(case):
        raise NotOffered("there is no nonce, or no second endpoint to bring one to")
    nobodys = case.session.draft().with_nonce(respelled.another(nonce))
    if not found(case.session.join(nobodys, "a nonce of nobody's", precreate=True), Verdict.REFUSED):
        raise NotOffered("the PrecreateEndpoint does not look at nonces, which other cases tell of")
    for first, twin in ((Twin.JOIN, Twin.PRECREATE), (Twin.PRECREATE, Twin.JOIN)):
        nonce, title = case.session.nonce(), f"a nonce that a {first.value} spent"
        draft = case.session.draft().with_nonce(nonce)
        spent(case, "the first use of a nonce", draft, precreate=first is Twin.PRECREATE)
        step = case.session.join_step(case.session.draft().with_nonce(nonce), precreate=twin is Twin.PRECREATE)
        case.refused_step(NONCE, title, step, twin, layer="cri", token=case.session.token())


@may_bear_on(NONCE)
def test_nonce_in_another_spelling(case: Case) -> None:
    """The nonce of a device in new requests: in other base64, in other string types, with white space around it."""
    nonce = case.session.nonce()
    if nonce is None:
        raise NotOffered("the target offers no nonce")
    spent(case, "the first use of a nonce", case.session.draft().with_nonce(nonce))
    others = respelled.nonces(respelled.another(nonce))
    for name, edit in respelled.nonces(nonce).items():
        nobodys = case.session.draft().with_nonce(respelled.another(nonce))
        title = f"a nonce of nobody's in the same spelling: {name}"
        if name not in others or not found(case.session.join(others[name].apply(nobodys), title), Verdict.REFUSED):
            continue
        draft = case.session.draft().with_nonce(nonce)
        taken(case, edit, draft, case.session.join(edit.apply(draft), edit.title), Twin.JOIN)


@may_bear_on(NONCE)
def test_nonce_in_a_request_that_differs(case: Case) -> None:
    """The certificate request of a device beside another transport key, and its nonce beside Attributes.

    An answer that brings the device of before is that of before, given again.
    """
    nonce = case.session.nonce()
    if nonce is None:
        raise NotOffered("the target offers no nonce")
    draft = case.session.draft().with_nonce(nonce)
    first = case.session.join(draft, "the first use of a nonce")
    if not found(first, Verdict.ACCEPTED):
        raise Unproven("the first use of a nonce was not accepted, so that nothing was spent")
    other, new = case.session.draft().transport_key, case.session.draft().with_nonce(nonce)
    for edit, asked in (
        (blob_edit(NONCE, "another-transport-key", f"{AGAIN}, beside another transport key.", lambda _: other), draft),
        (put(NONCE, "attributes", f"{AGAIN}, beside Attributes.", "/Attributes", {"ReuseDevice": False}), new),
    ):
        again = case.session.join(edit.apply(asked), edit.title)
        if verdict.devices(again) != verdict.devices(first):
            taken(case, edit, asked, again, Twin.JOIN)


@may_bear_on(CHALLENGE)
def test_challenge_in_another_spelling(case: Case) -> None:
    """The challenge of a device in new requests: its signature spelled anew, and nothing that it signs."""
    if not precreates(case):
        raise NotOffered("there is no challenge to spare, or none is accepted")
    challenge = case.session.secret(case.session.credentials.challenge, "challenge")
    spent(case, "the first use of a challenge", case.session.draft().with_challenge(challenge), precreate=True)
    for edit in respelled.challenges(challenge):
        draft = case.session.draft().with_challenge(challenge)
        taken(case, edit, draft, case.session.join(edit.apply(draft), edit.title, precreate=True), Twin.PRECREATE)
