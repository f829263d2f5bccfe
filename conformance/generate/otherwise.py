"""What a server may want that refuses every conforming request: the nearest request that has it, by requirement.

The one rule: each departs from the baseline in one thing, so that a server which refuses the baseline and takes this
has shown what its refusal rests on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from conformance.codec import der, extension
from conformance.codec.pkcs10 import Extension
from conformance.generate import keys
from conformance.generate.attested import attestation
from conformance.generate.observed import OBSERVED
from conformance.generate.variants import Change, Variant, with_csr, with_extensions, with_fields

if TYPE_CHECKING:
    from conformance.generate.join import JoinDraft

_JOIN: Final = "join-request/"


def _observed(name: str) -> Change:
    return next(variant.change for variant in OBSERVED if variant.name == name)


def _with_aik(draft: JoinDraft) -> JoinDraft:
    return replace(draft, aik_certificate=keys.attestation_key().certificate)


def _with_attestation(draft: JoinDraft) -> JoinDraft:
    return replace(draft, attestation_data=attestation())


def _with_correlation(draft: JoinDraft) -> JoinDraft:
    return replace(draft, headers=(*draft.headers, ("client-request-id", "9cd2d8a9-6cb5-4c0b-8d4e-0a8a7f0b9d11")))


_FIELDS = with_fields(attributes=(("ReuseDevice", False), ("SharedDevice", False), ("ReturnClientSid", True)))
_AGAIN = with_fields(join_type=0, attributes=(("ReuseDevice", True), ("ReturnClientSid", True)))
BESIDE: Final = (
    ("Attributes", _FIELDS),
    ("an AikCertificate", _with_aik),
    ("AttestationData", _with_attestation),
    ("ReuseDevice and JoinType 0", _AGAIN),
    ("JoinType 6", with_fields(join_type=6)),
    ("JoinType 3", with_fields(join_type=3)),
    ("SharedDevice and JoinType 8", with_fields(join_type=8, attributes=(("SharedDevice", True),))),
    ("SharedDevice", with_fields(attributes=(("SharedDevice", True),))),
    ("a challengePassword before the nonce", _observed("challenge-password")),
    ("a KeyUsage before the nonce", lambda draft: with_csr(nonce_last=True)(_observed("key-usage")(draft))),
    ("a critical nonce", _observed("critical-nonce")),
)
"""What a request may have beside a fault, in words: optional members, join types other than 4, more in its CSR."""

OTHERWISE: Final = tuple(
    Variant(name, title, (id_,), change)
    for id_, name, title, change in (
        (f"{_JOIN}csr-nonce-accepted", "no-nonce", "The certificate request has no nonce.", _observed("without-nonce")),
        (f"{_JOIN}aik-certificate-optional", "aik-certificate", "The request has an AikCertificate.", _with_aik),
        (f"{_JOIN}attestation-optional", "attestation", "The request has AttestationData.", _with_attestation),
        (f"{_JOIN}attributes-optional", "attributes", "The request has every field of Attributes.", _FIELDS),
        (f"{_JOIN}join-type-register", "join", "JoinType is 0 in place of 4.", with_fields(join_type=0)),
        (
            f"{_JOIN}transport-key-accepted",
            "larger",
            "The transport key has 3072 bits in place of 2048.",
            _observed("rsa-3072"),
        ),
        (
            "join-service/client-request-id-optional",
            "correlation",
            "The request has a client-request-id.",
            _with_correlation,
        ),
    )
)

ASKING_FOR_A_CA: Final = Variant(
    "for-a-ca",
    "The request asks for the extensions of a CA certificate.",
    ("join-answer/certificate-not-a-ca",),
    with_extensions(
        Extension(extension.BASIC_CONSTRAINTS, critical=True, value=der.sequence(der.boolean(True))),
        Extension(extension.KEY_USAGE, critical=True, value=der.bit_string(b"\x86", 1)),
    ),
)
"""A request that a service may take, without doing as it asks, or refuse: digitalSignature, keyCertSign, cRLSign."""
