"""Defects that refuse a join request for what it may say, or lack (2.1.1.1.1): narrower than the document.

Those that nothing conforming comes through blind the suite: only the request that departs from it shows why.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.server.members import MISSING, Body, at
from conformance.server.refusal import Refusal

from .altering import is_join, refusing
from .join_recalled import read
from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.codec.rsakey import RsaKeyBlob
    from conformance.server.asked import Asked
    from conformance.server.behaviour import Behaviour

_LATIN_1 = 0xFF
_BASIC_PLANE = 0xFFFF


def _body(honest: Behaviour, when: Callable[[Body], bool]) -> Behaviour:
    """The behaviour that refuses joins, at the JoinEndpoint, whose body is so."""
    return refusing(honest, lambda asked: is_join(asked) and asked.method == "POST" and when(read(asked.body)))


def _needing(honest: Behaviour, pointer: str) -> Behaviour:
    return _body(honest, lambda body: at(body, pointer) is MISSING)


@defect(breaks={"device/post"}, blinds=True)
def forbids_post(honest: Behaviour) -> Behaviour:
    """Says 405 to POST, the one method that the device resource has."""
    return refusing(honest, lambda asked: is_join(asked) and asked.method == "POST", 405)


@defect(breaks={"device/join-endpoint"}, blinds=True)
def joins_nothing(honest: Behaviour) -> Behaviour:
    """Refuses every join."""
    return _body(honest, bool)


@defect(breaks={"device/precreate-endpoint"}, blinds=True)
def precreates_nothing(honest: Behaviour) -> Behaviour:
    """Refuses every join at the PrecreateEndpoint."""
    return refusing(honest, lambda asked: asked.path.startswith("/enrollmentserver/device/precreate/"))


@defect(breaks={"device/join-endpoint", "device/precreate-endpoint", "join-request/csr-nonce-accepted"}, blinds=True)
def takes_no_nonces(honest: Behaviour) -> Behaviour:
    """Refuses a certificate request that has a nonce."""

    def check(text: str | None) -> str | None:
        if text is not None:
            raise Refusal("An extension is not known.")
        return text

    return replace(honest, find_nonce=lambda request: check(honest.find_nonce(request)))


@defect(breaks={"device/join-endpoint", "join-request/aik-certificate-optional"}, blinds=True)
def needs_an_aik_certificate(honest: Behaviour) -> Behaviour:
    """Refuses a request without AikCertificate."""
    return _needing(honest, "/AikCertificate")


@defect(breaks={"device/join-endpoint", "join-request/attestation-optional"}, blinds=True)
def needs_an_attestation(honest: Behaviour) -> Behaviour:
    """Refuses a request without AttestationData."""
    return _needing(honest, "/AttestationData")


@defect(breaks={"device/join-endpoint", "join-request/attributes-optional"}, blinds=True)
def needs_attributes(honest: Behaviour) -> Behaviour:
    """Refuses a request without Attributes."""
    return _needing(honest, "/Attributes")


@defect(breaks={"join-request/attributes-optional"})
def needs_a_field_in_attributes(honest: Behaviour) -> Behaviour:
    """Refuses Attributes that are an empty object."""
    return _body(honest, lambda body: at(body, "/Attributes") == {})


@defect(
    breaks={"device/join-endpoint", "join-request/challenge-optional"},
    blinds=True,
)
def needs_a_challenge_everywhere(honest: Behaviour) -> Behaviour:
    """Refuses a request without a challenge at the JoinEndpoint, and takes one with it there."""
    rules = honest.accept_join.only("endpoint", lambda case: case.precreate)
    return _needing(replace(honest, accept_join=rules), "/PreAuthorizedJoinChallenge")


@defect(breaks={"device/join-endpoint", "join-service/client-request-id-optional"}, blinds=True)
def needs_correlation(honest: Behaviour) -> Behaviour:
    """Refuses a join without client-request-id."""

    def without(asked: Asked) -> bool:
        return is_join(asked) and asked.method == "POST" and asked.header("client-request-id") is None

    return refusing(honest, without)


@defect(breaks={"device/join-endpoint", "join-request/join-type-register"}, blinds=True)
def registers_nothing(honest: Behaviour) -> Behaviour:
    """Refuses JoinType 4."""
    return _body(honest, lambda body: at(body, "/JoinType") == 4)  # noqa: PLR2004 - 2.1.1.1.1


@defect(breaks={"join-request/join-type-join"})
def joins_no_type_0(honest: Behaviour) -> Behaviour:
    """Takes JoinType 0 for one that was left out."""
    return _body(honest, lambda body: at(body, "/JoinType") == 0)


@defect(
    breaks={"device/join-endpoint", "device/precreate-endpoint", "join-request/transport-key-accepted"}, blinds=True
)
def wants_larger_transport_keys(honest: Behaviour) -> Behaviour:
    """Refuses transport keys of 2048 bits."""

    def small(blob: RsaKeyBlob) -> None:
        if blob.bit_length == 2048:  # noqa: PLR2004 - bits
            raise Refusal("TransportKey: the key is too small.")

    return replace(honest, accept_transport_key=honest.accept_transport_key.plus("large", small))


@defect(breaks={"join-request/target-domain-accepted"})
def does_not_know_its_own_name(honest: Behaviour) -> Behaviour:
    """Refuses a TargetDomain that begins as its own name in the tenant's domain does."""
    return _body(honest, lambda body: str(body.get("TargetDomain")).startswith("enterpriseregistration."))


@defect(breaks={"join-request/display-name-unicode"})
def keeps_names_in_latin_1(honest: Behaviour) -> Behaviour:
    """Refuses a DeviceDisplayName with letters of other alphabets than the Latin one."""

    def foreign(body: Body) -> bool:
        name = body.get("DeviceDisplayName")
        return isinstance(name, str) and any(_LATIN_1 < ord(letter) <= _BASIC_PLANE for letter in name)

    return _body(honest, foreign)


@defect(breaks={"join-request/attributes-return-client-sid"})
def takes_return_client_sid_for_a_wish(honest: Behaviour) -> Behaviour:
    """Refuses ReturnClientSid false, since who does not want it need not say so."""
    return _body(honest, lambda body: at(body, "/Attributes/ReturnClientSid") is False)


@defect(breaks={"join-service/uri"})
def moves_the_device_resource(honest: Behaviour) -> Behaviour:
    """Names a JoinEndpoint of its own spelling, and finds nothing at the document's."""

    def document(*asked: object) -> dict[str, dict[str, str]]:
        services: dict[str, dict[str, str]] = honest.discovery_document(*asked)  # type: ignore[arg-type]
        named = services["DeviceJoinService"]
        own = named["JoinEndpoint"].replace("/EnrollmentServer/device", "/enrollmentserver/Device")
        return {**services, "DeviceJoinService": {**named, "JoinEndpoint": own}}

    moved = replace(honest, discovery_document=document)
    return refusing(moved, lambda asked: asked.target == "/EnrollmentServer/device/", 404)
