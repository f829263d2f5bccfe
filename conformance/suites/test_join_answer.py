"""2.1.1.1.2: the answer to a join, its members and its certificate, held whole.

The answers are those of conforming requests: JoinType 0, 4 and 6 with ReturnClientSid true, and 4 with it false and
absent, each for a key of its own. A test judges all of them in one respect; at the end come requests of every kind.
"""

from __future__ import annotations

from hypothesis import Phase, given, settings

from conformance.checks import distinct, habits, join_answer, lint, membership, names
from conformance.checks.certificate import same_key
from conformance.generate.join import JoinDraft
from conformance.generate.otherwise import ASKING_FOR_A_CA
from conformance.generate.strategies import join_drafts
from conformance.kit import Case, Unproven, may_bear_on, requirement
from conformance.suites.answers import (
    ASKING,
    NOT_ASKING,
    REGISTER,
    WAYS,
    Joined,
    Way,
    answers,
    authorities,
    joined,
    judged,
    tenant_of,
)

SECTION = "2.1.1.1.2"
DRAWN = "join answers to drawn requests"

BODY = ("join-answer/media-type", "join-answer/json", "join-answer/unique-names")
MEMBERS = (
    "join-answer/certificate",
    "join-answer/thumbprint",
    "join-answer/raw-body",
    "join-answer/user",
    "join-answer/upn",
)
CHANGES = (
    "join-answer/membership-changes-array",
    "join-answer/local-sid",
    "join-answer/local-sid-form",
    "join-answer/add-sids",
    "join-answer/add-sids-form",
    "join-answer/object-id-sids",
)
RAW_BODY = ("join-answer/raw-body-base64", "join-answer/raw-body-certificate", "join-answer/raw-body-nothing-after")
THUMBPRINT = ("join-answer/thumbprint-form", "join-answer/thumbprint-value")
ALGORITHMS = ("join-answer/certificate-algorithms-agree", "join-answer/certificate-hash")
EXTENSIONS = ("join-answer/certificate-version", "join-answer/certificate-extensions-unique")
VALIDITY = ("join-answer/certificate-not-before", "join-answer/certificate-not-after")
PURPOSES = (
    "join-answer/certificate-not-a-ca",
    "join-answer/certificate-no-key-cert-sign",
    "join-answer/certificate-digital-signature",
    "join-answer/certificate-client-auth",
)
NAMES = ("join-answer/certificate-subject", "join-answer/certificate-serial-positive")
WHOLE = (
    "join-answer/status",
    *BODY,
    *MEMBERS,
    *RAW_BODY,
    *THUMBPRINT,
    "join-answer/certificate-key",
    "join-answer/certificate-not-self-signed",
    *ALGORITHMS,
    *EXTENSIONS,
    *VALIDITY,
    *PURPOSES,
    *NAMES,
)


def judge_each(case: Case, ways: tuple[Way, ...] = WAYS) -> None:
    """Every accepted answer, in what the case declares."""
    for one in answers(case, ways).values():
        case.judge(judged(case, one), one.exchange)


# --- the answer as a message


@requirement("join-answer/status")
def test_status(case: Case) -> None:
    """Conforming requests of each JoinType: whoever takes one answers 200, or 201 as section 3.3 has it (A1)."""
    judge_each(case)
    for one in answers(case).values():
        case.judge(join_answer.status_seen(one.exchange), one.exchange)


@requirement(*BODY)
def test_body(case: Case) -> None:
    """The same answers as JSON: one object in UTF-8, no name twice, and a media type that says so."""
    judge_each(case)


@requirement(*MEMBERS)
def test_members(case: Case) -> None:
    """The same answers: Certificate with Thumbprint and RawBody, User with Upn, each of its type."""
    judge_each(case)


@requirement("join-answer/upn-value")
def test_user(case: Case) -> None:
    """The same answers name the user that the token stands for."""
    judge_each(case)


# --- MembershipChanges


@requirement("join-answer/membership-changes", *CHANGES)
def test_membership_when_asked(case: Case) -> None:
    """ReturnClientSid true, with each JoinType: MembershipChanges is there, and is what the document says it is."""
    judge_each(case, ASKING)
    for id_ in CHANGES:
        case.not_applicable(id_, "MembershipChanges is empty, or has nothing of that kind, in every answer")


@may_bear_on("join-answer/membership-changes", *CHANGES)
def test_membership_when_not_asked(case: Case) -> None:
    """ReturnClientSid false and absent: what comes then is open (A3), and has the same form where it comes."""
    found = answers(case)
    told = {way: membership.told(join_answer.members(one.exchange)) for way, one in found.items()}
    there = {way: membership.MEMBER in members for way, members in told.items()}
    ways = Way(REGISTER, client_sid=True), *NOT_ASKING
    if all(way in there for way in ways):
        when_true, when_absent, when_false = (there[way] for way in ways)
        reading = membership.reading(when_true=when_true, when_absent=when_absent, when_false=when_false)
        seen = ", ".join(f"{word}: {there[way]}" for word, way in zip(("true", "absent", "false"), ways, strict=True))
        if reading:
            case.observe("A3", reading, f"MembershipChanges with ReturnClientSid {seen}")
    judge_each(case, NOT_ASKING)


# --- the certificate as bytes


@requirement(*RAW_BODY)
def test_raw_body(case: Case) -> None:
    """The same answers: RawBody is base64 of one certificate in DER, and of nothing else."""
    judge_each(case)


@requirement(*THUMBPRINT)
def test_thumbprint(case: Case) -> None:
    """The same answers: Thumbprint is the SHA-1 of the certificate in RawBody, in hexadecimal digits (A5)."""
    judge_each(case)
    for one in answers(case).values():
        case.judge(join_answer.thumbprint_seen(one.exchange), one.exchange)


# --- what the certificate says


@requirement("join-answer/certificate-key")
def test_certificate_is_for_the_key(case: Case) -> None:
    """Requests with keys of their own: each certificate is for the key of its own request."""
    judge_each(case)


@requirement("join-answer/certificate-signed")
def test_certificate_is_signed_by_the_service(case: Case) -> None:
    """The same answers: the signature verifies with the key of the CA that the issuer names."""
    known, unknown = authorities(case), None
    for one in answers(case).values():
        judgement = judged(case, one, authorities=known)
        case.judge(judgement, one.exchange)
        unknown = unknown or (None if judgement.checked else one.certificate)
    if unknown:
        raise Unproven(
            f"the CA file has no key that could judge the signature of {names.shown(unknown.issuer)}; "
            "pass --ca-file with the certificate of the CA that signs, not of a root above it"
        )


@requirement("join-answer/certificate-not-self-signed")
def test_certificate_is_not_self_signed(case: Case) -> None:
    """The same answers: the signature is not one of the device's key."""
    judge_each(case)


@requirement(*ALGORITHMS)
def test_signature_algorithm(case: Case) -> None:
    """The same answers: the signature algorithm is said twice alike, and rests on no broken hash."""
    judge_each(case)


@requirement(*EXTENSIONS)
def test_extensions(case: Case) -> None:
    """The same answers: extensions are there once each, and in version 3 only."""
    judge_each(case)


@requirement(*VALIDITY)
def test_validity(case: Case) -> None:
    """The same answers: the certificate is valid at the moment of the answer."""
    judge_each(case)


@requirement(*PURPOSES)
def test_purposes(case: Case) -> None:
    """The same answers: the key is for proving the device, and for signing no certificates."""
    judge_each(case)


@may_bear_on("join-answer/certificate-not-a-ca", "join-answer/certificate-no-key-cert-sign")
def test_request_for_the_purposes_of_a_ca(case: Case) -> None:
    """A certificate request that asks for cA TRUE and keyCertSign: refused or not, no CA comes of it."""
    one = joined(case, ASKING_FOR_A_CA.apply(case.session.draft()), ASKING_FOR_A_CA.title)
    if one.accepted:
        case.judge(judged(case, one), one.exchange)


@requirement(*NAMES)
def test_names_of_the_certificate(case: Case) -> None:
    """The same answers: the subject is not the request's placeholder, the serial is positive and not too long."""
    judge_each(case)


@requirement(habits.AGREES)
def test_certificate_does_not_contradict_itself(case: Case) -> None:
    """The same answers: the private extensions, where they are there, name the device of the subject and our tenant."""
    tenant_id = tenant_of(case)
    for one in answers(case).values():
        certificate = one.certificate
        if certificate is not None and same_key(certificate.public_key, one.draft.csr.info.public_key):
            case.judge(habits.agree(certificate, one.draft.join_type, tenant_id), one.exchange)
    if any(one.certificate for one in answers(case).values()):
        case.not_applicable(habits.AGREES, "no certificate says any of it twice")


@requirement(lint.LINT, lint.DEPARTURES)
def test_certificate_in_the_eyes_of_a_linter(case: Case) -> None:
    """The same answers: RFC 5280 as pkilint reads it, without what the other cases tell of."""
    found = [(one, certificate) for one in answers(case).values() if (certificate := one.certificate) is not None]
    reason = "no answer has a certificate that can be read"
    for one, certificate in found:
        try:
            case.judge(lint.judge(certificate), one.exchange)
        except lint.NotLintedError as error:
            reason = f"the certificate could not be linted: {error}"
    case.ledger.unproven([] if case.has_observed(lint.DEPARTURES) else case.requirements, reason)


# --- every request that conforms, and what all devices show together


@settings(phases=(Phase.explicit, Phase.reuse, Phase.generate))  # a shorter example would be another device
@given(draft=join_drafts())
@may_bear_on(*WHOLE, "join-answer/membership-changes", *CHANGES)
def test_answer_to_any_conforming_request(case: Case, draft: JoinDraft) -> None:
    """Requests with all that the schema allows; each answer that accepts one is judged whole."""
    own = case.session.own(draft)
    one = joined(case, own, f"a conforming request, JoinType {own.join_type}")
    if one.accepted:
        case.session.kept.setdefault(DRAWN, []).append(one)
        case.judge(judged(case, one), one.exchange)


@requirement("join-answer/certificate-serial-unique", "join-answer/certificate-subject-unique")
def test_devices_differ(case: Case) -> None:
    """All these answers together: no serial number twice, and no subject for two keys."""
    every = [*answers(case).values(), *case.session.kept.get(DRAWN, [])]
    found = [(one, certificate) for one in every if (certificate := one.certificate) is not None]
    if len(found) < 2:
        raise Unproven("there are no two certificates that could be compared")
    last = found[-1][0].exchange
    case.judge(distinct.serials([certificate for _, certificate in found]), last)
    case.judge(distinct.subjects([certificate for one, certificate in found if not reuses(one)]), last)


def reuses(one: Joined) -> bool:
    """Whether the request allows that an earlier device is taken for it."""
    return bool(dict(one.draft.attributes or ()).get("ReuseDevice"))
