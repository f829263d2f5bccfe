"""Certificate requests that say something MS-DRS 2.1.1.1.1 forbids, and are signed rightly over what they say.

The one rule: version, subject, key or extension is wrong, and the signature verifies with the key in the request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Final

from conformance.codec import CSR_CN, base64, der
from conformance.codec.der import tags
from conformance.codec.name import COMMON_NAME, Name, NameAttribute
from conformance.codec.spki import RSA_ENCRYPTION, AlgorithmIdentifier, SubjectPublicKeyInfo
from conformance.generate import keys, signing
from conformance.generate.csr import CsrDraft, common_name
from conformance.generate.edits import Edit, Layer, csr_edit

VERSION: Final = "join-request/csr-version"
CN: Final = "join-request/csr-cn"
NONCE_FOREIGN: Final = "join-request/csr-nonce-foreign"
KEY_ALGORITHM: Final = "join-request/csr-key-algorithm"
KEY_SIZE: Final = "join-request/csr-key-size"
KEY_VALID: Final = "join-request/csr-key-valid"

ORGANIZATION: Final = "2.5.4.10"
MADE_UP_NONCE: Final = base64.encode(b"a nonce of no service, as long as those of the document's example are" * 8)
ANOTHER_GUID: Final = "6FA459EA-EE8A-3CA4-894E-DB77E160355E"  # of Python's uuid documentation
EXPONENT: Final = 65537
SIGNATURE_SIZE: Final = 256  # octets of a signature by a key of 2048 bits
# DigestInfo of SHA-256 up to the hash (RFC 8017 section 9.2, note 1)
_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")


def _named(subject: Name) -> Callable[[CsrDraft], CsrDraft]:
    return lambda csr: replace(csr, subject=subject)


def _keyed(name: str, scheme: signing.Scheme = signing.SHA256_RSA) -> Callable[[CsrDraft], CsrDraft]:
    return lambda csr: replace(csr, key=keys.named(name), scheme=scheme)


def _version(number: int) -> Callable[[CsrDraft], CsrDraft]:
    return lambda csr: replace(csr, version=number)


def _with_exponent_one(csr: CsrDraft) -> CsrDraft:
    """The exponent 1 makes every padded hash its own signature: this one verifies, and proves nothing."""
    _, modulus = csr.key.rsa_numbers
    numbers = der.sequence(der.integer(modulus), der.integer(1))
    public_key = SubjectPublicKeyInfo(AlgorithmIdentifier(RSA_ENCRYPTION, der.null()), numbers)
    forged = replace(csr, public_key=public_key)
    info = forged.encode_info()
    return replace(forged, reshape_signature=lambda _: _padded(info, (modulus.bit_length() + 7) // 8))


def _with_negative_modulus(csr: CsrDraft) -> CsrDraft:
    """The key's octets without the leading zero: who reads carelessly finds the key that signed."""
    exponent, modulus = csr.key.rsa_numbers
    numbers = der.sequence(der.integer(modulus - (1 << modulus.bit_length())), der.integer(exponent))
    return replace(csr, public_key=SubjectPublicKeyInfo(AlgorithmIdentifier(RSA_ENCRYPTION, der.null()), numbers))


def _with_modulus_zero(csr: CsrDraft) -> CsrDraft:
    """No signature verifies modulo nothing: this one is of the key that was to be there."""
    numbers = der.sequence(der.integer(0), der.integer(EXPONENT))
    return replace(csr, public_key=SubjectPublicKeyInfo(AlgorithmIdentifier(RSA_ENCRYPTION, der.null()), numbers))


def _with_even_modulus(csr: CsrDraft) -> CsrDraft:
    """A modulus of twice a prime, and a signature that verifies with it: arithmetic alone finds nothing wrong."""
    prime = keys.twice_a_prime()
    numbers = der.sequence(der.integer(2 * prime), der.integer(EXPONENT))
    public_key = SubjectPublicKeyInfo(AlgorithmIdentifier(RSA_ENCRYPTION, der.null()), numbers)
    forged = replace(csr, public_key=public_key)
    block = int.from_bytes(_padded(forged.encode_info(), SIGNATURE_SIZE), "big")
    root = pow(block, pow(EXPONENT, -1, prime - 1), prime)
    root += prime * ((root ^ block) & 1)  # of the two roots modulo the double, the one as odd as the block
    return replace(forged, reshape_signature=lambda _: root.to_bytes(SIGNATURE_SIZE, "big"))


def _with_nonce(change: Callable[[str], str]) -> Callable[[CsrDraft], CsrDraft]:
    return lambda csr: replace(csr, nonce=change(csr.nonce or MADE_UP_NONCE))


def _with_letter_changed(place: float) -> Callable[[CsrDraft], CsrDraft]:
    """Another letter so far into the nonce, from 0 to 1; before its last four, of which some may say nothing."""

    def changed(nonce: str) -> str:
        at = round(place * max(0, len(nonce) - 5))
        letter = "B" if nonce[at] in "aA" else "A"  # no other spelling of the same number in hexadecimal
        return nonce[:at] + letter + nonce[at + 1 :]

    return _with_nonce(changed)


def _in_the_other_case(nonce: str) -> str:
    """The nonce with its cases swapped; where all letters have one case, as hexadecimal has, another nonce."""
    return nonce.swapcase() if nonce not in {nonce.lower(), nonce.upper()} else MADE_UP_NONCE.swapcase()


def _padded(message: bytes, size: int) -> bytes:
    """EMSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 9.2)."""
    digest_info = _DIGEST_INFO + sha256(message).digest()
    return b"\x00\x01" + b"\xff" * (size - len(digest_info) - 3) + b"\x00" + digest_info


def _edits(
    requirement: str, layer: Layer, rows: tuple[tuple[str, str, Callable[[CsrDraft], CsrDraft]], ...]
) -> tuple[Edit, ...]:
    return tuple(csr_edit(requirement, name, title, change, layer) for name, title, change in rows)


_VERSION = _edits(
    VERSION,
    Layer.CRI,
    (
        ("one", "The version is 1, which would be v2 (RFC 2986 knows v1, written 0).", _version(1)),
        ("two", "The version is 2, as a certificate of version 3 has it.", _version(2)),
        ("minus-one", "The version is -1.", _version(-1)),
        ("large", "The version is 2 to the power of 64.", _version(2**64)),
    ),
)

_COMMON_NAME = _edits(
    CN,
    Layer.CRI,
    (
        ("another-guid", "The CN is another GUID.", _named(common_name(ANOTHER_GUID))),
        ("last-digit", "The CN differs in its last digit.", _named(common_name(CSR_CN[:-1] + "B"))),
        ("prefix", "The CN has an X before the constant.", _named(common_name("X" + CSR_CN))),
        ("suffix", "The CN has an X behind the constant.", _named(common_name(CSR_CN + "X"))),
        ("cut-short", "The CN lacks the constant's last character.", _named(common_name(CSR_CN[:-1]))),
        ("after-nul", "The CN goes on behind a NUL.", _named(common_name(CSR_CN + "\0X"))),
        ("line-before", "The CN is the constant in its second line.", _named(common_name("X\n" + CSR_CN))),
        ("line-behind", "The CN is the constant in its first line.", _named(common_name(CSR_CN + "\nX"))),
        ("in-braces", "The CN is the constant in braces.", _named(common_name("{" + CSR_CN + "}"))),
        (
            "without-hyphens",
            "The CN is the constant without its hyphens.",
            _named(common_name(CSR_CN.replace("-", ""))),
        ),
        ("empty", "The CN is empty.", _named(common_name(""))),
        ("no-subject", "The subject is an empty name.", _named(())),
        (
            "in-organization",
            "The constant is the organization, and there is no CN.",
            _named(((NameAttribute(ORGANIZATION, tags.UTF8_STRING, CSR_CN.encode()),),)),
        ),
        (
            "two-wrong",
            "There are two CNs, and neither is the constant.",
            _named(
                tuple(
                    (NameAttribute(COMMON_NAME, tags.UTF8_STRING, half.encode()),)
                    for half in (CSR_CN[:18], CSR_CN[18:])
                )
            ),
        ),
    ),
)

_KEY_SIZE = _edits(
    KEY_SIZE,
    Layer.SPKI,
    tuple(
        (f"rsa-{bits}", f"The key is an RSA key of {bits} bits.", _keyed(f"rsa-{bits}"))
        for bits in (1024, 2047, 2049, 3072, 4096)
    ),
)

_KEY_ALGORITHM = _edits(
    KEY_ALGORITHM,
    Layer.SPKI,
    (
        ("p-256", "The key is a P-256 key, which signs with ECDSA and SHA-256.", _keyed("p-256", signing.SHA256_ECDSA)),
        ("ed25519", "The key is an Ed25519 key.", _keyed("ed25519", signing.ED25519)),
    ),
)

_KEY_VALID = _edits(
    KEY_VALID,
    Layer.SPKI,
    (
        ("exponent-one", "The public exponent is 1, so that anybody can sign.", _with_exponent_one),
        ("modulus-even", "The modulus is twice a prime, and the signature verifies with it.", _with_even_modulus),
        ("modulus-zero", "The modulus is 0.", _with_modulus_zero),
        (
            "modulus-negative",
            "The modulus lacks the zero octet that makes it a positive INTEGER.",
            _with_negative_modulus,
        ),
    ),
)

_NONCE_FOREIGN = _edits(
    NONCE_FOREIGN,
    Layer.CRI,
    (
        ("made-up", "The nonce is one that the suite made up.", lambda csr: replace(csr, nonce=MADE_UP_NONCE)),
        ("letter-changed", "A letter in the middle of the nonce is another one.", _with_letter_changed(0.5)),
        ("first-letter", "The first letter of the nonce is another one.", _with_letter_changed(0)),
        ("early-letter", "A letter in the first quarter of the nonce is another one.", _with_letter_changed(0.2)),
        ("late-letter", "A letter in the last quarter of the nonce is another one.", _with_letter_changed(0.8)),
        ("last-letters", "One of the last letters of the nonce is another one.", _with_letter_changed(1)),
        (
            "of-every-object",
            "The nonce is what every object of JavaScript has.",
            lambda csr: replace(csr, nonce="constructor"),
        ),
        ("tail", "Four letters stand behind the nonce.", _with_nonce(lambda nonce: nonce + "AAAA")),
        ("cut-short", "The nonce lacks its last quarter.", _with_nonce(lambda nonce: nonce[: len(nonce) * 3 // 4])),
        ("other-case", "The letters of the nonce are in the other case.", _with_nonce(_in_the_other_case)),
    ),
)

FAULTS: Final = (*_VERSION, *_COMMON_NAME, *_KEY_SIZE, *_KEY_ALGORITHM, *_KEY_VALID, *_NONCE_FOREIGN)
