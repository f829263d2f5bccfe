"""Defects in what a join request may say (2.1.1.1.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .registry import defect

if TYPE_CHECKING:
    from conformance.codec.rsakey import RsaKeyBlob
    from conformance.server.behaviour import Behaviour


@defect(breaks={"join-request/transport-key-no-primes"})
def allows_private_primes(honest: Behaviour) -> Behaviour:
    """Registers a device that sends its private primes along."""

    def public_part(blob: RsaKeyBlob) -> RsaKeyBlob:
        primes = blob.prime1_length + blob.prime2_length
        body = blob.body[:-primes] if 0 < primes == len(blob.tail) else blob.body
        return replace(blob, prime1_length=0, prime2_length=0, body=body)

    return replace(honest, accept_transport_key=honest.accept_transport_key.seeing(public_part))


@defect(breaks={"join-request/csr-signature"})
def skips_proof_of_possession(honest: Behaviour) -> Behaviour:
    """Certifies a key whose possession the request does not prove."""
    return replace(honest, accept_csr=honest.accept_csr.without("proof-of-possession"))
