"""The habits of the field (field notes; clients' sources), as one function from the strict behaviour to the field's.

The one rule: a habit changes what the field does otherwise and nothing else; what no client or server was seen to do
stays strict.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.codec import CSR_CN

from . import csr
from .behaviour import VERSIONS, Behaviour, flag
from .certificate import field_order
from .field_keys import any_key, on_p256
from .members import MEMBERS, Body, Member, at, member_rules
from .refusal import Refusal
from .site import FIELD_HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.codec.pkcs10 import CertificationRequest

    from .asked import Asked
    from .case import JoinCase
    from .rules import Rules
    from .site import Site, Tenant

MACOS_14 = "3.0"
FLAGS = ("ReuseDevice", "SharedDevice", "ReturnClientSid")
OLD_SERVICES = (
    "DiscoveryService",
    "DeviceRegistrationService",
    "AuthenticationService",
    "DeviceJoinService",
    "KeyProvisioningService",
)
SINCE: Mapping[str, str] = {
    "IdentityProviderService": "1.2",
    "WebAuthNService": "1.6",
    "DeviceManagementService": "1.6",
    "TenantInfo": "1.6",
    "MsaProviderData": "1.7",
    "PrecreateService": "1.7",
    "AzureRbacService": "1.8",
    "BPLService": "1.8",
    "DeviceJoinResourceService": "1.9",
    "NonceService": "1.9",
}
FIELD_RESOURCE = f"urn:ms-drs:{FIELD_HOST}"  # what clients that know the host alone ask tokens for


def like_field(strict: Behaviour) -> Behaviour:
    """Everything the field does otherwise."""
    return replace(
        strict,
        requires_pkce=False,  # Windows, roadtx and libhimmelblau's older flow sign in without
        accept_token=strict.accept_token.only("audience", lambda case: case.claims.get("aud") != FIELD_RESOURCE),
        versions={**VERSIONS, "DeviceJoin": ("2.0", MACOS_14)},
        accept_version=version_of_removal(strict.accept_version),
        accept_join=stages(strict.accept_join),
        accept_members=members(),
        flag=lenient_flag,
        accept_csr=strict.accept_csr.changed("subject", _subject),
        transport_key=any_key(strict.transport_key),
        order=lambda order, holder, _case: field_order(order, holder),
        discovery_document=by_age(strict.discovery_document),
    )


def version_of_removal(
    usual: Callable[[Asked, tuple[str, ...]], str],
) -> Callable[[Asked, tuple[str, ...]], str]:
    """A removal may come without api-version (roadlib); everything else says which it means."""

    def version(asked: Asked, known: tuple[str, ...]) -> str:
        absent = asked.method == "DELETE" and not asked.argument("api-version")
        return known[0] if absent else usual(asked, known)

    return version


def stages(usual: Rules[JoinCase]) -> Rules[JoinCase]:
    """Empty attestation is none; api-version 3.0 has EC keys, and DeviceKeys in place of TransportKey (macOS 14)."""
    lenient = usual.only("aik", when=_not_empty("/AikCertificate")).only(
        "attestation", when=_not_empty("/AttestationData")
    )
    return lenient.changed("members", _members).changed("csr", _csr)


def _members(join: JoinCase) -> None:
    rules, required = join.behaviour.accept_members, "/TransportKey required"
    without = join.version == MACOS_14 and join.has("/DeviceKeys") and required in rules.names
    (rules.without(required) if without else rules)(join.body)


def _csr(join: JoinCase) -> None:
    rules = join.behaviour.accept_csr
    (on_p256(rules, join.csr) if join.version == MACOS_14 else rules)(join.csr)


def _not_empty(pointer: str) -> Callable[[JoinCase], bool]:
    """Clients send `""` for what they do not have."""
    return lambda join: bool(join.text(pointer))


def members() -> Rules[Body]:
    """TargetDomain may be anything, attestation empty, and attributes strings."""
    free = {"/TargetDomain", "/AikCertificate", "/AttestationData"}
    rows = [replace(row, check=None) if row.pointer in free else row for row in MEMBERS]
    kept = tuple(row for row in rows if not row.pointer.startswith("/Attributes/"))
    stringly = tuple(
        Member(f"/{group}/{name}", "true, false or either as a string")
        for group in ("Attributes", "attributes")
        for name in FLAGS
    )
    return member_rules((*kept, *stringly))


def lenient_flag(body: Body, name: str) -> bool:
    """`true`, `"true"` and `"True"`, under Attributes or attributes."""
    value = at(body, f"/attributes/{name}")
    return flag(body, name) or any(_yes(found) for found in (value, at(body, f"/Attributes/{name}")))


def _yes(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def by_age(document: Callable[[Site, Tenant, str], dict[str, Any]]) -> Callable[[Site, Tenant, str], dict[str, Any]]:
    """Services appear with the api-version that brought them; the old five are always there."""

    def aged(site: Site, tenant: Tenant, version: str) -> dict[str, Any]:
        services = document(site, tenant, version)
        return {name: value for name, value in services.items() if name in OLD_SERVICES or SINCE[name] <= version}

    return aged


def _subject(request: CertificationRequest) -> None:
    texts = [csr.common_name(name) for name in csr.common_names(request)]
    if len(texts) != 1 or texts[0].removesuffix("\0") != CSR_CN:
        raise Refusal(f"{csr.NAME}: the subject must have one CN, {CSR_CN}.")
