"""An attestation such as a TPM would export about a device's key (TPM 2.0 Part 2, 10.12): well-formed, and by no TPM.

The one rule: the structure is whole and its names and digests are of the keys they speak of; no chain leads to a
manufacturer, so that a service which checks that may refuse it.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Final

from conformance.codec.tpms import GENERATED, Attestation, AttestationType, CertifyInfo, ClockInfo
from conformance.generate.keys import PoolKey, attestation_key, nth

SHA256: Final = b"\x00\x0b"  # TPM_ALG_SHA256, which a name begins with
OWNER: Final = b"\x40\x00\x00\x01"  # TPM_RH_OWNER, the hierarchy both keys are in
FIRMWARE: Final = 0x0001_0002_0003_0004
CLOCK: Final = ClockInfo(clock=86_400_000, reset_count=7, restart_count=0, safe=True)


@cache
def attestation() -> bytes:
    """TPMS_ATTEST of type certify: the AIK of the pool says of a pool key that it is in the same TPM."""
    key, signer = _name(nth(0)), _name(attestation_key().key)
    return Attestation(
        GENERATED,
        AttestationType.CERTIFY,
        _qualified(signer),
        sha256(b"drs-conformance").digest(),
        CLOCK,
        FIRMWARE,
        CertifyInfo(key, _qualified(key)),
    ).encode()


def _name(key: PoolKey) -> bytes:
    """A name: a hash algorithm and a digest (Part 1, 16); of the key's SPKI, since there is no TPMT_PUBLIC."""
    return SHA256 + sha256(key.spki_der).digest()


def _qualified(name: bytes) -> bytes:
    return SHA256 + sha256(OWNER + name).digest()
