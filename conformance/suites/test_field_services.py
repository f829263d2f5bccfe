"""What only the field does beyond 3.1 and 3.2: in join requests and answers, with keys, and when a device is removed.

Everything here is observed: a target does it or does not, and neither is a fault.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

import pytest

from conformance.checks import habits, join_answer, membership, verdict
from conformance.generate.edits import TRANSPORT_KEY
from conformance.generate.join import JoinDraft, render
from conformance.generate.observed import OBSERVED
from conformance.generate.variants import Variant
from conformance.kit import Case, Exchange, Identity, Unproven, requirement, steps
from conformance.suites.answers import ASKING, JOIN, REGISTER, WAYS, Way, answers, tenant_of

SECTION = "field"
PREFIX = "field-services/"
JOIN_REQUESTS = (f"{PREFIX}join-jwk-transport-key", f"{PREFIX}join-empty-optional")
CERTIFICATE = tuple(
    f"{PREFIX}certificate-{name}"
    for name in (
        "subject-guid",
        "issuer",
        "lifetime",
        "critical",
        "device-id",
        "user-id",
        "tenant-id",
        "region",
        "long-form",
    )
)
SIDS = tuple(f"{PREFIX}{name}" for name in ("local-sid-administrators", "add-sids-object-ids", "add-sids-count"))


def observe(case: Case, name: str, does: object, evidence: str) -> None:
    """Records whether the target does what an entry of the field says."""
    case.observe(f"{PREFIX}{name}", "does" if does else "does not", evidence)


def status(exchange: Exchange) -> int:
    """The status of an answer. Raises `Unproven` where there is none."""
    if exchange.answer is None:
        raise Unproven(f"no answer to {exchange.request.label}")
    return exchange.answer.status


# --- join requests


@pytest.mark.parametrize(
    "variant",
    [
        pytest.param(
            variant, id=f"{variant.requirements[0].removeprefix(PREFIX)}-{variant.name}", marks=requirement(id_)
        )
        for variant in OBSERVED
        for id_ in variant.requirements
        if id_ in JOIN_REQUESTS
    ],
)
def test_variant_of_the_field(case: Case, variant: Variant) -> None:
    """A request with one member as clients of the field send it, where a conforming one is accepted."""
    answers(case, [Way(REGISTER)])
    exchange = case.session.join(variant.apply(case.session.draft()), variant.title)
    case.observed_habit(variant.requirements[0], exchange)


# --- join answers


@requirement(*SIDS)
def test_sids(case: Case) -> None:
    """The SIDs in the answers to requests with ReturnClientSid true, for each JoinType."""
    found = {way.join_type: join_answer.members(one.exchange) for way, one in answers(case, ASKING).items()}
    judgement = membership.habits(found)
    if not judgement.seen:
        raise Unproven("no answer has MembershipChanges")
    for seen in judgement.seen:
        case.observe(seen.subject, seen.reading, seen.evidence)


@requirement(*CERTIFICATE)
def test_certificate(case: Case) -> None:
    """What the certificates say of device, user, tenant and region, and how they are written."""
    tenant_id = tenant_of(case)
    for one in answers(case, WAYS).values():
        if (certificate := one.certificate) is not None:
            case.judge(habits.certificate(certificate, one.at, tenant_id), one.exchange)


@requirement(f"{PREFIX}certificate-join-type")
def test_certificate_join_type(case: Case) -> None:
    """Private extension .7 in the certificates for JoinType 0, 4 and 6."""
    found = {way.join_type: one.certificate for way, one in answers(case, ASKING).items()}
    there = {join_type: certificate for join_type, certificate in found.items() if certificate is not None}
    if not there:
        raise Unproven("no answer has a certificate that can be read")
    for seen in habits.join_types(there).seen:
        case.observe(seen.subject, seen.reading, seen.evidence)


@requirement(f"{PREFIX}hybrid-put")
def test_hybrid_put(case: Case) -> None:
    """PUT of a device that nobody knows, with ServerAdJoinData and without a bearer token."""
    step = device_step(case, "PUT", uuid.UUID(int=0x5EED_0000_0000_4000_8000_0000_0000_0000 + case.session.requests))
    step = replace(step, headers=steps.JSON_TYPE, body=hybrid_body(case.session.draft()))
    answered = status(case.session.send(step, "PUT of a device with ServerAdJoinData"))
    observe(case, "hybrid-put", answered not in {404, 405}, f"answered {answered}")


def device_step(case: Case, method: str, device: uuid.UUID | str) -> steps.Step:
    """A request about one device: below the JoinEndpoint, in version 1.0."""
    endpoint = case.session.endpoint("DeviceJoinService.JoinEndpoint")
    path, _, query = endpoint.partition("?")
    url = f"{path.rstrip('/')}/{device}{'?' if query else ''}{query}"
    return steps.Step(method, steps.with_version(url, "1.0"), ())


def hybrid_body(draft: JoinDraft) -> bytes:
    """A hybrid join as Windows sends it, but for the proof of the domain controller: nothing comes of it."""
    document = dict(render(draft).document)
    names = (TRANSPORT_KEY.removeprefix("/"), "TargetDomain", "DeviceType", "OSVersion", "DeviceDisplayName")
    joined = {name: document[name] for name in names}
    body = {"CertificateRequest": document["CertificateRequest"], "ServerAdJoinData": joined}
    return json.dumps(body).encode()


# --- key provisioning (MS-KPP)


def key_step(case: Case, kngc: str | None = None) -> steps.Step:
    """A key to provision: a BCRYPT_RSAKEY_BLOB in base64, or what is given in its place."""
    endpoint = case.session.endpoint("KeyProvisioningService.KeyProvisionEndpoint")
    text = render(case.session.draft()).texts[TRANSPORT_KEY] if kngc is None else kngc
    return steps.key(endpoint, json.dumps({"kngc": text}).encode())


@requirement(f"{PREFIX}key-status", f"{PREFIX}key-answer")
def test_key(case: Case) -> None:
    """A key in the form of MS-KPP, with the bearer token."""
    exchange = case.session.send(key_step(case), "a key to provision", token=case.session.token())
    answered = status(exchange)
    observe(case, "key-status", answered == 200, f"answered {answered}")
    value = (exchange.answer and verdict.json_object(exchange.answer)) or {}
    named = [name for name in ("kid", "upn") if isinstance(value.get(name), str)]
    observe(case, "key-answer", len(named) == 2, f"texts: {', '.join(named) or 'none'}")


@requirement(f"{PREFIX}key-token-required")
def test_key_without_token(case: Case) -> None:
    """The same request without Authorization."""
    answered = status(case.session.send(key_step(case), "a key to provision, without a token"))
    observe(case, "key-token-required", 400 <= answered < 500, f"answered {answered}")


@requirement(f"{PREFIX}key-blob-checked")
def test_key_that_is_none(case: Case) -> None:
    """The same request with base64 of a few octets that are no BCRYPT_RSAKEY_BLOB."""
    step = key_step(case, "bm8ga2V5")
    answered = status(case.session.send(step, "a key to provision that is none", token=case.session.token()))
    observe(case, "key-blob-checked", 400 <= answered < 500, f"answered {answered}")


# --- removal


@requirement(f"{PREFIX}removal-status", f"{PREFIX}removal-certificate-required")
def test_removal(case: Case) -> None:
    """DELETE of a device of this run, first without a client certificate, then with the device's own."""
    one = answers(case, [Way(JOIN, client_sid=True)]).popitem()[1]
    certificate = one.certificate
    device = habits.device_id(certificate) if certificate else None
    if certificate is None or device is None:
        raise Unproven("the certificate of the device names no device id")
    step = device_step(case, "DELETE", device)
    answered = status(case.session.send(step, "removal without a client certificate"))
    observe(case, "removal-certificate-required", 400 <= answered < 500, f"answered {answered}")
    identity = Identity(certificate.der, one.draft.csr.key.pkcs8_der)
    answered = status(case.session.send(step, "removal with the device's certificate", identity=identity))
    observe(case, "removal-status", answered == 200, f"answered {answered}")
    if answered == 200:
        case.session.on_removed(str(device))
