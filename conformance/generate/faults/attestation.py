"""AIK certificates and attestations that are none (RFC 4648 4; RFC 5280 4.1; TPM 2.0 Part 2, 10.12.12).

The one rule: one thing is wrong with the draft's own, or with a well-formed one where the draft has none. All of these
are SHOULD: a service that does not use them may ignore them.
"""

from __future__ import annotations

from typing import Final

from conformance.codec import der
from conformance.generate import keys
from conformance.generate.edits import AIK_CERTIFICATE, ATTESTATION_DATA, Edit, Layer, base64_edit, der_edit

AIK_STRUCTURE: Final = "join-request/aik-certificate-structure"
STRUCTURE: Final = "join-request/attestation-structure"
MAGIC: Final = "join-request/attestation-magic"
KIND: Final = "join-request/attestation-kind"
TRAILING: Final = "join-request/attestation-trailing"

_BASE64 = tuple(
    base64_edit(requirement, name, f"The base64 text of {words} {what}.", path, change)
    for requirement, path, words in (
        ("join-request/aik-certificate-base64", AIK_CERTIFICATE, "the AIK certificate"),
        ("join-request/attestation-base64", ATTESTATION_DATA, "the attestation"),
    )
    for name, what, change in (
        ("foreign-character", "has an exclamation mark in the middle", lambda t: t[:100] + "!" + t[100:]),
        (
            "one-character-more",
            "ends in a character that stands alone",
            lambda t: t.rstrip("=")[: len(t) // 4 * 4 - 4] + "A",
        ),
        ("words", "is a sentence", lambda _: "this is no base64, but a sentence."),
    )
)

_AIK = tuple(
    der_edit(AIK_STRUCTURE, name, title, change, AIK_CERTIFICATE)
    for name, title, change in (
        ("cut-by-one-octet", "The last octet of the AIK certificate is missing.", lambda o: o[:-1]),
        ("cut-in-half", "The second half of the AIK certificate is missing.", lambda o: o[: len(o) // 2]),
        ("tail", "A zero octet follows the AIK certificate.", lambda o: o + b"\0"),
        ("public-key", "The AIK certificate is a public key.", lambda _: keys.attestation_key().key.spki_der),
        ("empty-sequence", "The AIK certificate is an empty SEQUENCE.", lambda _: der.sequence()),
    )
)

_ATTESTATION = tuple(
    Edit(requirement, name, title, Layer.ATTESTATION, ATTESTATION_DATA, change)
    for requirement, name, title, change in (
        (STRUCTURE, "cut-by-one-octet", "The last octet of the attestation is missing.", lambda o: o[:-1]),
        (STRUCTURE, "cut-in-half", "The second half of the attestation is missing.", lambda o: o[: len(o) // 2]),
        (STRUCTURE, "head-alone", "The attestation ends behind its type.", lambda o: o[:6]),
        (
            STRUCTURE,
            "size-too-large",
            "The attestation declares a signer of 65535 octets.",
            lambda o: o[:6] + b"\xff\xff" + o[8:],
        ),
        (MAGIC, "zero", "The attestation begins with four zero octets.", lambda o: bytes(4) + o[4:]),
        (MAGIC, "byte-swapped", "TPM_GENERATED_VALUE is in the other byte order.", lambda o: o[3::-1] + o[4:]),
        (KIND, "none", "The attestation's type is TPM_ST_NULL.", lambda o: o[:4] + b"\x80\x00" + o[6:]),
        (
            KIND,
            "unknown",
            "The attestation's type is 0x80ff, which TPM 2.0 has not.",
            lambda o: o[:4] + b"\x80\xff" + o[6:],
        ),
        (
            KIND,
            "byte-swapped",
            "The attestation's type is in the other byte order.",
            lambda o: o[:4] + o[5:3:-1] + o[6:],
        ),
        (TRAILING, "one-octet", "A zero octet follows the attestation.", lambda o: o + b"\0"),
        (TRAILING, "twice", "The attestation is there twice.", lambda o: o + o),
    )
)

FAULTS: Final = (*_BASE64, *_AIK, *_ATTESTATION)
