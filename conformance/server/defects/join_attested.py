"""Defects in what a TPM adds to a request (2.1.1.1.1): of which type it is, and what stands beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.server.members import at

from .join_csr import foreign_dropped, reading
from .registry import defect

if TYPE_CHECKING:
    from conformance.server.behaviour import Behaviour
    from conformance.server.case import JoinCase


def _texts_only(honest: Behaviour, stage: str, pointer: str) -> Behaviour:
    """The behaviour that looks at a member only where it is a text."""
    return replace(
        honest,
        accept_members=honest.accept_members.without(f"{pointer} type"),
        accept_join=honest.accept_join.only(stage, lambda case: isinstance(at(case.body, pointer), str)),
    )


@defect(breaks={"join-request/aik-certificate-type"})
def takes_any_json_for_aik_certificates(honest: Behaviour) -> Behaviour:
    """Ignores an AikCertificate that is no text."""
    return _texts_only(honest, "aik", "/AikCertificate")


@defect(breaks={"join-request/attestation-type"})
def takes_any_json_for_attestations(honest: Behaviour) -> Behaviour:
    """Ignores AttestationData that are no text."""
    return _texts_only(honest, "attestation", "/AttestationData")


@defect(breaks={"join-request/attestation-base64"})
def reads_base64_of_attestations_leniently(honest: Behaviour) -> Behaviour:
    """Skips what is no letter of base64 in an attestation, and takes what is left as it is."""
    return reading(honest, "AttestationData", foreign_dropped)


@defect(breaks={"join-request/csr-signature"})
def trusts_attested_keys(honest: Behaviour) -> Behaviour:
    """Does not verify the signature of a certificate request that comes with an attestation."""
    without = honest.accept_csr.without("proof-of-possession")

    def judge(case: JoinCase) -> None:
        (without if case.has("/AttestationData") else honest.accept_csr)(case.csr)

    return replace(honest, accept_join=honest.accept_join.changed("csr", judge))


@defect(breaks={"join-request/transport-key-magic"})
def trusts_transport_keys_beside_attributes(honest: Behaviour) -> Behaviour:
    """Does not look at the magic of a transport key in a request that has Attributes."""
    without = honest.accept_transport_key.without("magic")

    def key(case: JoinCase) -> bytes:
        if not case.has("/Attributes"):
            return honest.transport_key(case)
        without(case.blob)
        return case.octets("/TransportKey")

    return replace(honest, transport_key=key)


@defect(
    breaks={
        *(f"join-request/aik-certificate-{what}" for what in ("base64", "structure")),
        *(f"join-request/attestation-{what}" for what in ("base64", "structure", "magic", "kind", "trailing")),
    }
)
def trusts_attestations_with_certificates(honest: Behaviour) -> Behaviour:
    """Reads an AIK certificate, and an attestation, only where the other is missing."""

    def alone(case: JoinCase) -> bool:
        return not (case.has("/AikCertificate") and case.has("/AttestationData"))

    return replace(honest, accept_join=honest.accept_join.only("aik", alone).only("attestation", alone))
