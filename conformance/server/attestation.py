"""AikCertificate and AttestationData (2.1.1.1.1): an X.509 certificate and a TPMS_ATTEST, each in base64.

The one rule: what is there must be what it says it is. Whether the TPM is trusted is no part of the protocol, and no
signature over the attestation travels with it.
"""

from __future__ import annotations

from conformance.codec.tpms import GENERATED, Attestation
from conformance.codec.x509 import Certificate
from conformance.errors import DecodeError

from .refusal import undecodable


def accept_aik(der: bytes) -> None:
    """An X.509 certificate, whole and alone; Refusal otherwise."""
    try:
        Certificate.decode(der)
    except DecodeError as error:
        raise undecodable("AikCertificate", error) from None


def accept_attestation(data: bytes) -> None:
    """A TPMS_ATTEST (TPM 2.0 Part 2, 10.12), whole, alone, and made inside a TPM (6.2); Refusal otherwise."""
    try:
        magic = Attestation.decode(data).magic
    except DecodeError as error:
        raise undecodable("AttestationData", error) from None
    if magic != GENERATED:
        problem = DecodeError("TPMS_ATTEST", 0, f"magic is {magic.hex(' ')}, not TPM_GENERATED_VALUE")
        raise undecodable("AttestationData", problem)
