"""What a server may want that refuses every conforming request: the nearest request that has it, by requirement.

The one rule: each departs from the baseline in one thing, so that a server which refuses the baseline and takes this
has shown what its refusal rests on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from conformance.generate import keys
from conformance.generate.attested import attestation
from conformance.generate.observed import OBSERVED
from conformance.generate.variants import Change, Variant, with_fields

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
BESIDE: Final = (("Attributes", _FIELDS), ("an AikCertificate", _with_aik), ("AttestationData", _with_attestation))
"""The optional members of a request, in words, that any request may have."""

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
