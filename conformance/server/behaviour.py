"""The seam: everything this server does that another might do otherwise, as one value.

The one rule: handlers ask the behaviour and never which behaviour it is. A habit of the field or a defect is a function
from `Behaviour` to `Behaviour`; `replace(honest, ...)` and the verbs of `Rules` are all it takes. `strict()` is the
document's reading, with every ambiguity at its first reading (corrections).
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.codec import base64
from conformance.codec.pkcs10 import CertificationRequest
from conformance.codec.rsakey import RsaKeyBlob
from conformance.errors import DecodeError

from . import (
    attestation,
    case,
    certificate,
    challenges,
    csr,
    documents,
    nonces,
    refusal,
    strict_json,
    tokens,
    transport_key,
)
from .asked import JSON, Asked, Reply
from .members import Body, at, member_rules
from .refusal import Refusal, Trouble, undecodable
from .rules import Rules
from .site import Site, Tenant
from .store import Store

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from .case import JoinCase, Joined

MIB = 1024 * 1024
VERSIONS: Mapping[str, tuple[str, ...]] = {
    "Discover": tuple(f"1.{minor}" for minor in range(10)),
    "Nonce": ("1.0",),
    "DeviceJoin": ("2.0",),
    "DevicePrecreate": ("2.0",),
    "KeyProvision": ("1.0",),
    "DeviceRemove": ("1.0",),
}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a server does at each point where it could do something else. `accept_*` raise Refusal or return."""

    # How a request is read. `oldest_tls`: agreed to where TLS is spoken; `hear` sees the octets of a connection as they
    # come, before they are HTTP; `versions`: the api-versions of each service; `body_limit` in octets.
    oldest_tls: ssl.TLSVersion
    hear: Callable[[bytes], bytes]
    request: Callable[[Asked], Asked]
    versions: Mapping[str, tuple[str, ...]]
    accept_version: Callable[[Asked, tuple[str, ...]], str]
    find_tenant: Callable[[Site, str], Tenant | None]
    accept_media_type: Callable[[Asked], None]
    body_limit: int
    read_json: Callable[[bytes], Any]
    read_base64: Callable[[str, str], bytes]

    # Who asks. `requires_pkce`: whether the authority gives a code to who shows no challenge (RFC 7636).
    requires_pkce: bool
    find_token: Callable[[Asked], str]
    read_token: Callable[[str, Site], Mapping[str, Any]]
    accept_token: Rules[tokens.TokenCase]

    # What a join says. `accept_join` is the order of the stages; each stage asks one of the others.
    accept_join: Rules[JoinCase]
    accept_members: Rules[Body]
    flag: Callable[[Body, str], bool]
    read_csr: Callable[[bytes], CertificationRequest]
    accept_csr: Rules[CertificationRequest]
    transport_key: Callable[[JoinCase], bytes]
    read_blob: Callable[[bytes], RsaKeyBlob]
    accept_transport_key: Rules[RsaKeyBlob]
    accept_aik: Callable[[bytes], None]
    accept_attestation: Callable[[bytes], None]
    find_nonce: Callable[[CertificationRequest], str | None]
    accept_nonce: Rules[nonces.NonceCase]
    spend_nonce: Callable[[Store, bytes], bool]
    read_challenge: Callable[[str, Site], Mapping[str, Any]]
    accept_challenge: Rules[challenges.ChallengeCase]
    spend_challenge: Callable[[Store, str, float], bool]

    # What is made of it. `order` sees the strict certificate order and gives the one to be signed.
    reused_device: Callable[[JoinCase], str | None]
    order: Callable[[certificate.Order, certificate.Holder, JoinCase], certificate.Order]
    sign: Callable[[certificate.Order, RSAPrivateKey], bytes]
    thumbprint: Callable[[bytes], str]
    nonce_value: Callable[[Site, Tenant], str]
    nonce_lifetime: float

    # How it is answered. `reply` sees every answer, errors too, on its way out.
    join_status: int
    join_document: Callable[[Joined], dict[str, Any]]
    nonce_document: Callable[[str, uuid.UUID, float], dict[str, Any]]
    discovery_document: Callable[[Site, Tenant, str], dict[str, Any]]
    key_document: Callable[[str, str], dict[str, Any]]
    error_document: Callable[[Trouble], dict[str, Any]]
    error_status: Callable[[Refusal], int]
    reply: Callable[[Asked, Reply], Reply]


def accept_version(asked: Asked, known: tuple[str, ...]) -> str:
    """The one api-version of the query, which must be one that the service has."""
    given = asked.argument("api-version")
    if len(given) != 1:
        problem = "missing" if not given else "there more than once"
        raise Refusal(f"The query argument api-version is {problem}.", subcode="error_required_parameter_missing")
    if given[0] not in known:
        raise Refusal(f"api-version is {refusal.quoted(given[0])}, this service has {', '.join(known)}.")
    return given[0]


def accept_media_type(asked: Asked) -> None:
    """JSON in UTF-8. A body without a media type is read as JSON: the document lists the header without MUST (A13)."""
    for value in asked.all("content-type"):
        if not (value == JSON or _is_json(value)):
            raise Refusal(f"The media type is {refusal.quoted(value)}, it must be {JSON} in UTF-8.", status=415)


def _is_json(value: str) -> bool:
    kind, *parameters = (part.strip().lower() for part in value.split(";"))
    charsets = [part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")]
    return kind == JSON and all(charset == "utf-8" for charset in charsets)


def read_base64(text: str, member: str) -> bytes:
    """Base64 as RFC 4648 section 4 has it, and nothing more lenient."""
    try:
        return base64.decode(text, refusal.BASE64)
    except DecodeError as error:
        raise undecodable(member, error) from None


def read_csr(data: bytes) -> CertificationRequest:
    """A PKCS#10 request in DER."""
    try:
        return CertificationRequest.decode(data)
    except DecodeError as error:
        raise undecodable(csr.NAME, error) from None


def read_blob(data: bytes) -> RsaKeyBlob:
    """A BCRYPT_RSAKEY_BLOB's header and what follows it."""
    try:
        return RsaKeyBlob.decode(data)
    except DecodeError as error:
        raise undecodable(transport_key.NAME, error) from None


def find_nonce(request: CertificationRequest) -> str | None:
    """The text of the nonce extension, None without one."""
    value = csr.nonce_extension(request)
    return None if value is None else csr.nonce_text(value)


def flag(body: Body, name: str) -> bool:
    """A member of Attributes that is the JSON `true`."""
    return at(body, f"/Attributes/{name}") is True


def blob_key(join: JoinCase) -> bytes:
    """The transport key as the document has it: a blob that keeps every rule."""
    join.behaviour.accept_transport_key(join.blob)
    return join.key_octets


def reused_device(join: JoinCase) -> str | None:
    """The id of the device this user registered with this very key, when ReuseDevice asks for it; None for a new one.

    The key is what shows that it is the same device: the request proves its possession.
    """
    if not join.flag("ReuseDevice"):
        return None
    known = join.site.store.device_with_key(join.key_hash, join.tenant.tenant_id, join.caller.upn)
    return known.device_id if known else None


def _transport_key(join: JoinCase) -> None:
    _ = join.transport_key  # judged where it is read, because its form says by which rules


def _nonce(join: JoinCase) -> None:
    if join.nonce is not None:
        row = join.site.store.nonce(nonces.digest(join.nonce))
        join.behaviour.accept_nonce(nonces.NonceCase(join.nonce, row, join.tenant, join.now))


def _challenge(join: JoinCase) -> None:
    if join.challenge is not None:
        judged = challenges.ChallengeCase(join.challenge, join.tenant, join.site, join.now)
        join.behaviour.accept_challenge(judged)


def _aik(join: JoinCase) -> None:
    if join.has("/AikCertificate"):
        join.behaviour.accept_aik(join.octets("/AikCertificate"))


def _attestation(join: JoinCase) -> None:
    if join.has("/AttestationData"):
        join.behaviour.accept_attestation(join.octets("/AttestationData"))


STAGES: Rules[JoinCase] = Rules.of(
    members=lambda join: join.behaviour.accept_members(join.body),
    endpoint=case.endpoint,
    transport_key=_transport_key,
    csr=lambda join: join.behaviour.accept_csr(join.csr),
    aik=_aik,
    attestation=_attestation,
    challenge=_challenge,
    nonce=_nonce,
)


def strict() -> Behaviour:
    """The document's reading of everything."""
    return Behaviour(
        oldest_tls=ssl.TLSVersion.TLSv1_2,
        hear=lambda octets: octets,
        request=lambda asked: asked,
        versions=VERSIONS,
        accept_version=accept_version,
        find_tenant=Site.tenant,
        accept_media_type=accept_media_type,
        body_limit=MIB,
        read_json=strict_json.read_json,
        read_base64=read_base64,
        requires_pkce=True,
        find_token=tokens.bearer,
        read_token=tokens.TokenReader(),
        accept_token=tokens.TOKEN_RULES,
        accept_join=STAGES,
        accept_members=member_rules(),
        flag=flag,
        read_csr=read_csr,
        accept_csr=csr.CSR_RULES,
        transport_key=blob_key,
        read_blob=read_blob,
        accept_transport_key=transport_key.TRANSPORT_KEY_RULES,
        accept_aik=attestation.accept_aik,
        accept_attestation=attestation.accept_attestation,
        find_nonce=find_nonce,
        accept_nonce=nonces.NONCE_RULES,
        spend_nonce=Store.spend_nonce,
        read_challenge=challenges.read_challenge,
        accept_challenge=challenges.CHALLENGE_RULES,
        spend_challenge=Store.spend_challenge,
        reused_device=reused_device,
        order=lambda order, _holder, _case: order,
        sign=certificate.sign,
        thumbprint=documents.thumbprint,
        nonce_value=nonces.nonce_value,
        nonce_lifetime=nonces.LIFETIME,
        join_status=201,
        join_document=documents.join,
        nonce_document=documents.nonce,
        discovery_document=documents.discovery,
        key_document=documents.key,
        error_document=refusal.by_version,
        error_status=lambda refused: refused.status,
        reply=lambda _asked, reply: reply,
    )
