"""2.1.1.1.1 byte by byte: the transport key, the certificate request and the text around them, walked and changed.

What a changed request deserves is not known by how it was changed: `generate.oracle` reads it as it is sent and names
the requirement that it must be refused by, or leaves it open; then the target may take it or not, but not break over
it. `generate.bytes.plan` says in which order the families run: each change alone, then two members at once, then any.
"""

from __future__ import annotations

from typing import Final

from hypothesis import given

from conformance.checks.verdict import Verdict
from conformance.generate.bytes import (
    OPEN,
    Judged,
    Mutation,
    blob_body,
    blob_header,
    csr_elements,
    csr_octets,
    json_text,
    judged,
    plan,
)
from conformance.generate.bytes.mutation import Build
from conformance.generate.edits import CSR
from conformance.generate.join import Rendering, render
from conformance.kit import Case, Twin, edit_record, may_bear_on

SECTION = "2.1.1.1.1"
_MODEL: Final = "the conforming request that is walked"
_KEY: Final = "join-request/transport-key-"
_CSR: Final = "join-request/csr-"

OF_HEADER = may_bear_on(
    *(_KEY + word for word in ("header", "magic", "bit-length", "lengths", "no-primes", "no-tail")), OPEN
)
OF_BODY = may_bear_on(*(_KEY + word for word in ("bit-length", "exponent", "modulus", "no-tail", "accepted")), OPEN)
OF_STRUCTURE = may_bear_on(*(_CSR + word for word in ("structure", "trailing", "der", "signature")), OPEN)
OF_CONTENT = may_bear_on(*(_CSR + word for word in ("version", "cn", "cn-string-types", "key-valid", "key-size")))
OF_TEXT = may_bear_on("join-request/body-required", "processing/malformed-json", OPEN)


# --- each change alone: the transport key


@OF_HEADER
def test_blob_cut(case: Case) -> None:
    """A transport key that ends early, at every length from nothing to all but its last octet."""
    walked(case, blob_body.cuts)


@OF_HEADER
def test_blob_magic(case: Case) -> None:
    """A transport key under the magic of every other key of CNG, and under none."""
    walked(case, blob_header.magics)


@OF_HEADER
def test_blob_header_octet(case: Case) -> None:
    """A transport key with one octet of its header changed: each of the 24, to each of the 255 other values."""
    walked(case, blob_header.octets)


@OF_HEADER
def test_blob_header_boundary(case: Case) -> None:
    """A transport key with one header field at an edge: of its type, of what is there, of other fields, big-endian."""
    walked(case, blob_header.boundaries)


@OF_HEADER
def test_blob_header_pair(case: Case) -> None:
    """A transport key with two header fields at an edge, so that one lie may cover the other."""
    walked(case, blob_header.pairs)


@OF_HEADER
def test_blob_header_sum(case: Case) -> None:
    """A transport key whose lengths add up to the octets there are only in a sum of 32 bits."""
    walked(case, blob_header.sums)


@OF_BODY
def test_blob_body_bit(case: Case) -> None:
    """A transport key with one bit of exponent or modulus turned: even, too short, or perhaps another key."""
    walked(case, blob_body.octets)


@OF_BODY
def test_blob_number(case: Case) -> None:
    """A transport key of another exponent or modulus, which its header describes rightly."""
    walked(case, blob_body.numbers)


@OF_BODY
def test_blob_tail(case: Case) -> None:
    """A transport key with octets behind it, from one to 64 KiB."""
    walked(case, blob_body.tails)


@OF_HEADER
def test_blob_private(case: Case) -> None:
    """A private key for a transport key: RSA2 and RSA3, and the same octets under the magic of a public key."""
    walked(case, blob_body.private)


@OF_HEADER
def test_blob_other_structure(case: Case) -> None:
    """The same key as DER, PEM or bare numbers, none of which begins with a magic; or as a JWK, which is left open."""
    walked(case, blob_body.others)


# --- each change alone: the certificate request


@OF_STRUCTURE
def test_csr_cut_at_edge(case: Case) -> None:
    """A certificate request that ends at the edge of an element: before its tag, its content, or what follows it."""
    walked(case, csr_octets.edges)


@OF_STRUCTURE
def test_csr_cut(case: Case) -> None:
    """A certificate request that ends early, at every length."""
    walked(case, csr_octets.cuts)


@OF_STRUCTURE
@OF_CONTENT
def test_csr_tag(case: Case) -> None:
    """A certificate request with one element under another tag, signed rightly over what it then is."""
    walked(case, csr_elements.retagged)


@OF_STRUCTURE
@OF_CONTENT
def test_csr_length_form(case: Case) -> None:
    """A certificate request with one length longer than it need be, or indefinite, signed rightly (X.690 10.1)."""
    walked(case, csr_elements.longer_lengths)


@OF_STRUCTURE
@OF_CONTENT
def test_csr_length_lie(case: Case) -> None:
    """A certificate request with one length that is not its content's, signed rightly over what it then is."""
    walked(case, csr_elements.lying_lengths)


@OF_STRUCTURE
@OF_CONTENT
def test_csr_content(case: Case) -> None:
    """A certificate request with one element left out, there twice, emptied, or of an octet more or less."""
    walked(case, csr_elements.contents)


@OF_STRUCTURE
@OF_CONTENT
def test_csr_info_octet(case: Case) -> None:
    """A certificate request with one octet of what was signed changed: the signature no longer holds over it."""
    walked(case, csr_octets.info_octets)


@OF_STRUCTURE
def test_csr_signature_bit(case: Case) -> None:
    """A certificate request with one bit of its signature turned."""
    walked(case, csr_octets.signature_bits)


@OF_STRUCTURE
def test_csr_tail(case: Case) -> None:
    """A certificate request with octets behind it, from one to 64 KiB."""
    walked(case, csr_octets.tails)


@OF_STRUCTURE
def test_csr_other_structure(case: Case) -> None:
    """Another structure for a certificate request: a certificate, CRMF, PKCS#7, PEM, a part of it, nothing."""
    walked(case, csr_octets.others)


# --- each change alone: the text


@OF_TEXT
def test_text_cut(case: Case) -> None:
    """A body that ends where one of its parts does."""
    walked(case, json_text.cuts)


# --- two members at once


@OF_HEADER
@OF_BODY
@OF_STRUCTURE
@OF_CONTENT
def test_two_members(case: Case) -> None:
    """A change of the transport key and one of the certificate request: either fault is enough for a refusal."""
    walked(case, plan.crossed)


@OF_HEADER
@OF_BODY
@OF_STRUCTURE
@OF_CONTENT
@may_bear_on(*sorted({edit.requirement for edit in plan.member_faults()}))
def test_member_beside(case: Case) -> None:
    """A change of either and a fault of another member, which must be refused whatever the change is by itself."""
    walked(case, plan.beside)


# --- any change


@given(change=plan.BLOB_OCTETS)
@OF_HEADER
@OF_BODY
def test_any_blob_octet(case: Case, change: tuple[int, int]) -> None:
    """A transport key with any octet changed to any other, drawn at random and shrunk to the first that shows it."""
    sent(case, plan.blob_octet(*change))


@given(change=plan.REQUEST_OCTETS)
@OF_STRUCTURE
@OF_CONTENT
def test_any_csr_octet(case: Case, change: tuple[int, int]) -> None:
    """A certificate request with any octet changed behind its signature, drawn at random and shrunk."""
    sent(case, plan.request_octet(model(case), *change))


@given(blob=plan.BLOB_OCTETS, request=plan.REQUEST_OCTETS)
@OF_HEADER
@OF_BODY
@OF_STRUCTURE
@OF_CONTENT
def test_any_two_octets(case: Case, blob: tuple[int, int], request: tuple[int, int]) -> None:
    """Any octet of the transport key and any of the certificate request, changed at once."""
    sent(case, plan.blob_octet(*blob).and_also(plan.request_octet(model(case), *request)))


# --- how a change is sent and judged


def walked(case: Case, build: Build) -> None:
    """As much of a family as the profile does: as many as of a requirement's edits and of a property's examples."""
    profile = case.session.profile
    count = None if profile.edits is None else profile.edits + profile.examples
    for mutation in plan.spread(build(model(case)), count, case.session.seed):
        sent(case, mutation)


def model(case: Case) -> Rendering:
    """A conforming request of this target, nonce and all, as the families walk it; rendered once for all."""
    if _MODEL not in case.session.kept:
        case.session.kept[_MODEL] = render(case.session.draft().with_nonce(case.session.nonce()))
    kept: Rendering = case.session.kept[_MODEL]
    return kept


def sent(case: Case, mutation: Mutation) -> None:
    """Sends a mutated request and holds the target to what the oracle says of it; what was not selected is not sent."""
    draft = case.session.draft()
    if mutation.touches(CSR):
        draft = draft.with_nonce(case.session.nonce())
    told = judged(mutation, draft)
    if told.edit.requirement not in case.requirements:
        return
    if told.reading.must_refuse:
        refused(case, mutation, told)
    elif told.reading.must_accept:
        case.accepts_join([told.edit.requirement], mutation.title, told.draft)
    else:
        survived(case, mutation, told)


def refused(case: Case, mutation: Mutation, told: Judged) -> None:
    """Holds the target to a refusal. Where it breaks over two changes, nobody knows over which: it broke, no more."""
    case.twins.before(Twin.JOIN)
    exchange = case.session.join(told.draft, mutation.title)
    if len(mutation.edits) > 1 and case.twins.judge(Twin.JOIN, exchange)[0] is Verdict.BROKE:
        case.hold(OPEN, holds=False, problem=f"broke over: {mutation.title}", exchange=exchange)
    else:
        case.refused(lambda: exchange, edit_record(told.edit), Twin.JOIN, measure=told.measure)


def survived(case: Case, mutation: Mutation, told: Judged) -> None:
    """Holds the target to an answer, whatever it says, that is no server error."""
    case.twins.before(Twin.JOIN)
    exchange = case.session.join(told.draft, mutation.title)
    found, why = case.twins.judge(Twin.JOIN, exchange)
    case.hold(OPEN, found is not Verdict.BROKE, f"{why} to what may be refused: {mutation.title}", exchange)
