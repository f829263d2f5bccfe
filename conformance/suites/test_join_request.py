"""2.1.1.1.1: the request body, member by member and byte by byte.

Every refusing case is one edit of a conforming request, made at the layer it belongs to with everything around it
repaired; `conformance.generate.faults` holds them, the walk over `schemas/join-request` among them. What must be
accepted besides the baseline is in `generate.accepted`, what the document leaves open in `generate.observed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given

from conformance.checks import tenant, verdict
from conformance.generate.accepted import ACCEPTED
from conformance.generate.bytes import OPEN
from conformance.generate.faults import covered, faults
from conformance.generate.features import FEATURES, PLAIN, features, without
from conformance.generate.join import JoinDraft
from conformance.generate.observed import OBSERVED
from conformance.generate.strategies import join_drafts
from conformance.kit import Case, NotOffered, Twin, Unproven, claims, may_bear_on, requirement
from conformance.suites import asking

SECTION = "2.1.1.1.1"
PREFIX = "join-request/"
AT_PRECREATE = ("challenge-type", "challenge-structure", "challenge-signature", "challenge-unsigned")


def each(ids: Iterable[str]) -> list[object]:
    """A parameter per requirement, which the test then declares."""
    return [pytest.param(id_, id=id_.removeprefix(PREFIX), marks=requirement(id_)) for id_ in sorted(set(ids))]


JOIN = {id_ for id_ in covered() if id_.startswith(PREFIX) and id_.removeprefix(PREFIX) not in AT_PRECREATE}
ATTESTED = {id_ for id_ in JOIN if id_.startswith((f"{PREFIX}aik-certificate-", f"{PREFIX}attestation-"))}
PRECREATE = {id_ for id_ in covered() if id_.startswith(PREFIX)} - JOIN

LEFT_OPEN = sorted({v.requirements[0] for v in OBSERVED if v.requirements[0].startswith(PREFIX)})


# --- what is refused


@pytest.mark.parametrize("id_", each(JOIN))
def test_fault_is_refused(case: Case, id_: str) -> None:
    """A conforming join request with one edit that breaks this requirement and nothing else."""
    case.refuses(*case.sample(faults(id_)), twin=Twin.ATTESTED if id_ in ATTESTED else Twin.JOIN)


@pytest.mark.parametrize("id_", each(PRECREATE))
def test_fault_at_precreate_is_refused(case: Case, id_: str) -> None:
    """A conforming request to the PrecreateEndpoint with one edit of its challenge."""
    case.refuses(*case.sample(faults(id_)), twin=Twin.PRECREATE)


@may_bear_on("join-request/challenge-at-precreate-only")
def test_real_challenge_at_the_join_endpoint(case: Case) -> None:
    """A conforming request with a challenge that the PrecreateEndpoint would take, sent to the JoinEndpoint."""
    supply = case.session.credentials.challenge
    if supply is None or not supply.many:
        raise NotOffered("there is no challenge to spare")
    step = case.session.join_step(case.session.draft().with_challenge(case.session.secret(supply, "challenge")))
    id_, title = "join-request/challenge-at-precreate-only", "a real challenge at the JoinEndpoint"
    case.refused_step(id_, title, step, Twin.JOIN, layer="json-value", token=case.session.token())


@requirement("join-request/csr-nonce-reused")
def test_nonce_is_not_taken_twice(case: Case) -> None:
    """New requests, with keys of their own and of either common type, that carry the nonce of an accepted one."""
    nonce = case.session.nonce()
    if nonce is None:
        raise Unproven("the target offers no nonce")
    first = case.session.join(case.session.draft().with_nonce(nonce), "the first use of a nonce")
    if verdict.join(first)[0] is not verdict.Verdict.ACCEPTED:
        raise Unproven("the first request with the nonce was not accepted")
    for join_type in (4, 0):
        draft = replace(case.session.draft(), join_type=join_type).with_nonce(nonce)
        id_, title = "join-request/csr-nonce-reused", f"the second use of a nonce, JoinType {join_type}"
        step = case.session.join_step(draft)
        case.refused_step(id_, title, step, Twin.JOIN, layer="cri", token=case.session.token())


@may_bear_on("device/precreate-same-body")
@requirement("join-request/csr-nonce-expired")
def test_nonce_is_not_taken_late(case: Case) -> None:
    """A conforming request with a nonce that was issued long ago and never used; refused, it goes to precreate too.

    No other test has that nonce: who takes it once would refuse it after that for being spent.
    """
    supply = case.session.credentials.expired_nonce
    if supply is None:
        raise NotOffered("no expired nonce was given")
    nonce = supply.next()  # which is no secret: it is over, and to hide what it shares with others would hide them
    draft, title = case.session.draft().with_nonce(nonce), "a nonce whose time is over"
    step, token = case.session.join_step(draft), case.session.token()
    exchange = case.refused_step("join-request/csr-nonce-expired", title, step, Twin.JOIN, layer="cri", token=token)
    there_too = "device/precreate-same-body"
    if there_too in case.requirements and verdict.join(exchange)[0] is verdict.Verdict.REFUSED:
        step = case.session.join_step(case.session.draft().with_nonce(nonce), precreate=True)
        case.refused_step(there_too, title, step, Twin.PRECREATE, layer="cri", token=token)


@requirement("join-request/csr-nonce-tenant")
def test_nonce_is_not_taken_by_another_tenant(case: Case) -> None:
    """A conforming request with a fresh nonce of another tenant: the one that the foreign token is of."""
    other = claims(case.session.secret(case.session.credentials.foreign_token, "foreign-token")).get("tid")
    if not isinstance(other, str) or not tenant.is_guid(other):
        raise Unproven("the foreign token does not say which tenant it is of")
    asked = asking.nonce_of(case, other)
    if verdict.nonce(case.session.send(asked, "a nonce of another tenant"))[0] is verdict.Verdict.REFUSED:
        raise NotOffered("the target gives no nonce for the tenant of the foreign token")
    nonce = case.session.nonce(asked)
    step = case.session.join_step(case.session.draft().with_nonce(nonce))
    title = "a nonce of another tenant"
    case.refused_step("join-request/csr-nonce-tenant", title, step, Twin.JOIN, layer="cri", token=case.session.token())


@requirement("join-request/challenge-single-use")
def test_challenge_is_not_taken_twice(case: Case) -> None:
    """A new request, with a key of its own, that carries the challenge of one that was accepted."""
    challenge = case.session.secret(case.session.credentials.challenge, "challenge")
    first = case.session.draft().with_challenge(challenge)
    exchange = case.session.join(first, "the first use of a challenge", precreate=True)
    if verdict.join(exchange)[0] is not verdict.Verdict.ACCEPTED:
        raise Unproven("the first request with the challenge was not accepted")
    step = case.session.join_step(case.session.draft().with_challenge(challenge), precreate=True)
    title = "the second use of a challenge"
    id_ = "join-request/challenge-single-use"
    case.refused_step(id_, title, step, Twin.PRECREATE, layer="json-value", token=case.session.token())


@pytest.mark.parametrize("id_", each(f"{PREFIX}challenge-{name}" for name in ("expired", "tenant")))
def test_challenge_out_of_time_or_place(case: Case, id_: str) -> None:
    """A conforming request with a real challenge that has expired, or is another tenant's."""
    credentials = case.session.credentials
    expired = id_.endswith("expired")
    supply = credentials.expired_challenge if expired else credentials.foreign_challenge
    challenge = case.session.secret(supply, "expired-challenge" if expired else "foreign-challenge")
    step = case.session.join_step(case.session.draft().with_challenge(challenge), precreate=True)
    title = "a challenge that has expired" if expired else "a challenge of another tenant"
    case.refused_step(id_, title, step, Twin.PRECREATE, layer="json-value", token=case.session.token())


# --- what is accepted


@requirement(
    "join-request/csr-nonce-accepted",
    "join-request/aik-certificate-optional",
    "join-request/attestation-optional",
    "join-request/challenge-optional",
    "join-request/attributes-optional",
)
def test_required_members_are_enough(case: Case) -> None:
    """A request with every required member, a nonce in its CSR, and nothing that is optional."""
    draft = case.session.draft()
    exchange = case.accepts_join(case.requirements, "no optional member", draft)
    if verdict.join(exchange)[0] is verdict.Verdict.ACCEPTED:
        case.observe("A4", "rfc2986", "a CertificationRequest of RFC 2986 is accepted")
        case.observe("A16", "cng", "a little-endian header over big-endian numbers is accepted")
        case.observe("A10", "utf8-string", "a nonce as UTF8String is accepted")


@pytest.mark.parametrize("id_", each(v.requirements[0] for v in ACCEPTED if v.requirements[0].startswith(PREFIX)))
def test_variant_is_accepted(case: Case, id_: str) -> None:
    """Conforming requests, each of which makes use of what this requirement allows and of nothing else."""
    for variant in case.sample([v for v in ACCEPTED if v.requirements == (id_,)]):
        case.accepts_join([id_], variant.title, variant.apply(case.session.draft()))


@requirement("join-request/target-domain-accepted")
def test_target_domain(case: Case) -> None:
    """TargetDomain as the target's own host, where that has a name, and as hosts of the tenant's domain (A9)."""
    id_, domain, own = "join-request/target-domain-accepted", case.session.domain(), case.session.own_name()
    hosts = [case.session.target_domain()]
    hosts += [f"enterpriseregistration.{domain}"] if domain else []  # by which clients find the service of a domain
    hosts += [own] if own else []
    for host in dict.fromkeys(hosts):
        case.accepts_join([id_], f"TargetDomain {host}", case.session.draft().with_target_domain(host))


@given(draft=join_drafts())
@may_bear_on(*FEATURES)
def test_everything_allowed_is_accepted(case: Case, draft: JoinDraft) -> None:
    """Anything the schema and the spelling of JSON allow, all at once; a refusal is led back to what it rests on."""
    used = tuple(features(draft))
    own = case.session.own(draft)
    title = f"an allowed request that makes use of {', '.join(used)}"
    case.accepts_join(used, title, own, blame=lambda: culprit(case, own))


def culprit(case: Case, refused: JoinDraft) -> str:
    """What a refused request made use of that the target does not take: taken away one by one, until it is accepted."""
    draft = refused
    while (feature := next(features(draft))) != PLAIN:
        draft = without(draft, feature)
        if (
            verdict.join(case.session.join(draft, f"the refused request without {feature}"))[0]
            is verdict.Verdict.ACCEPTED
        ):
            return feature
    return PLAIN


# --- what the document leaves open


@pytest.mark.parametrize("id_", [pytest.param(id_, id=id_, marks=may_bear_on(id_, OPEN)) for id_ in LEFT_OPEN])
def test_what_is_left_open(case: Case, id_: str) -> None:
    """Requests that the document neither allows nor forbids: what the target makes of each is observed."""
    case.observes([v for v in OBSERVED if v.requirements[0] == id_])


@requirement("join-request/join-type-unknown", "join-request/join-type-other-join")
def test_join_types_beside_the_three(case: Case) -> None:
    """JoinType 3 and 8, which are in the table (A8): refusing either is observed."""
    case.twins.before(Twin.JOIN)
    taken = []
    for value, id_ in ((3, "join-request/join-type-unknown"), (8, "join-request/join-type-other-join")):
        draft = replace(case.session.draft(), join_type=value)
        taken.append(case.observed_habit(id_, case.session.join(draft, f"JoinType {value}")))
    reading = {(True, True): "both", (True, False): "only-3", (False, True): "only-8", (False, False): "neither"}
    case.observe("A8", reading[taken[0], taken[1]], "JoinType 3 and 8")


@requirement("join-request/attributes-reuse-device-same")
def test_device_is_used_again(case: Case) -> None:
    """Two requests with the same keys, the second with ReuseDevice true: whether it is the same device is observed."""
    draft = case.session.draft()
    again = replace(draft, attributes=(("ReuseDevice", True),))
    exchanges = [
        case.session.join(one, title) for one, title in ((draft, "a device"), (again, "the same device, to reuse"))
    ]
    devices = [verdict.devices(exchange) for exchange in exchanges]
    if not all(devices):
        raise Unproven("a conforming join was not accepted")
    same = devices[0][0][0] == devices[1][0][0]
    case.observe(
        "join-request/attributes-reuse-device-same", "does" if same else "does not", "the device ids of both answers"
    )
