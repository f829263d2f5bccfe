"""Certificate requests with a wrong signature, or one of an algorithm MS-DRS 2.1.1.1.1 does not allow.

The one rule: what the request says is right. Either its signature verifies and is of another algorithm, or the
algorithm is right and the signature does not verify (RFC 2986 4.2, RFC 8017 8.2.2).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from conformance.generate import keys, signing
from conformance.generate.edits import csr_edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.generate.csr import CsrDraft, OctetsChange

ALGORITHM: Final = "join-request/csr-signature-algorithm"
SIGNATURE: Final = "join-request/csr-signature"


def _another_key(csr: CsrDraft) -> CsrDraft:
    pool = keys.pool()
    return replace(csr, signing_key=next(key for key in pool if key != csr.key))


def _another_message(csr: CsrDraft) -> CsrDraft:
    return replace(csr, reshape_signature=lambda _: signing.sign(csr.key, csr.scheme, b"another request"))


def _flipped(octet: int, bit: int) -> OctetsChange:
    def change(signature: bytes) -> bytes:
        changed = bytearray(signature)
        changed[octet] ^= 1 << bit
        return bytes(changed)

    return change


def _padded_otherwise(change: OctetsChange) -> Callable[[CsrDraft], CsrDraft]:
    """A signature whose key made it of another block than EMSA-PKCS1-v1_5 gives (RFC 8017 9.2)."""

    def changed(csr: CsrDraft) -> CsrDraft:
        exponent, modulus = csr.key.rsa_numbers

        def signed(signature: bytes) -> bytes:
            block = pow(int.from_bytes(signature), exponent, modulus).to_bytes(len(signature))
            return signing.raw(csr.key, change(block))

        return replace(csr, reshape_signature=signed)

    return changed


def _hash_first(block: bytes) -> bytes:
    """The padding cut to its least, eight octets, and zeros where the hash no longer stands."""
    said = block[block.index(0, 2) :]
    return (block[:10] + said).ljust(len(block), b"\0")


def _signed_with(scheme: signing.Scheme) -> Callable[[CsrDraft], CsrDraft]:
    return lambda csr: replace(csr, scheme=scheme)


def _reshaped(change: OctetsChange) -> Callable[[CsrDraft], CsrDraft]:
    return lambda csr: replace(csr, reshape_signature=change)


_ALGORITHMS = tuple(
    csr_edit(ALGORITHM, name, f"The request is signed rightly with {scheme.name}.", _signed_with(scheme))
    for name, scheme in (
        ("md5", signing.MD5_RSA),
        ("sha-1", signing.SHA1_RSA),
        ("sha-224", signing.SHA224_RSA),
        ("sha-384", signing.SHA384_RSA),
        ("sha-512", signing.SHA512_RSA),
        ("pss", signing.PSS),
        ("pss-unsalted", signing.PSS_UNSALTED),
    )
)

_SIGNATURES = (
    csr_edit(SIGNATURE, "by-another-key", "Another key than the request's made the signature.", _another_key),
    csr_edit(SIGNATURE, "of-another-message", "The signature is one of another message.", _another_message),
    csr_edit(
        SIGNATURE,
        "by-another-hash",
        "The signature is made with SHA-384, and SHA-256 is declared.",
        lambda csr: replace(csr, scheme=signing.SHA384_RSA, algorithm=csr.scheme.identifier),
    ),
    *(
        csr_edit(SIGNATURE, name, title, _padded_otherwise(change))
        for name, title, change in (
            (
                "padding-of-encryption",
                "The signature's padding is that of encryption, block type 2.",
                lambda block: b"\0\2" + block[2:],
            ),
            (
                "padding-spoilt",
                "An octet in the middle of the signature's padding is another.",
                lambda block: block[:99] + b"\xfe" + block[100:],
            ),
            ("padding-cut-short", "The hash stands early in the signature, with zeros behind it.", _hash_first),
        )
    ),
    *(
        csr_edit(SIGNATURE, name, title, _reshaped(change))
        for name, title, change in (
            ("last-bit", "The last bit of the signature is flipped.", _flipped(-1, 0)),
            ("middle-bit", "A bit in the middle of the signature is flipped.", _flipped(128, 3)),
            ("zero", "The signature is all zeros.", lambda s: bytes(len(s))),
            ("ones", "The signature is all ones, a number larger than the modulus.", lambda s: b"\xff" * len(s)),
            ("empty", "The signature is empty.", lambda _: b""),
            ("cut-short", "The signature lacks its last octet.", lambda s: s[:-1]),
            ("leading-zero", "A zero octet stands before the signature, which is then too long.", lambda s: b"\0" + s),
            ("tail", "A zero octet follows the signature, which is then too long.", lambda s: s + b"\0"),
        )
    ),
)

FAULTS: Final = (*_ALGORITHMS, *_SIGNATURES)
