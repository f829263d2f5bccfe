"""Transport keys that are no public BCRYPT_RSAKEY_BLOB (MS-DRS 2.1.1.1.1; Windows CNG, bcrypt.h; RFC 8017 3.1).

The one rule: one header field or one part of the body lies, and every other stays true; where a value is wrong (an even
modulus), the header describes that value rightly; another structure in the blob's place holds the same key. Header
offsets are 0 Magic, 4 BitLength, 8 cbPublicExpLength, 12 cbModulusLength, 16 cbPrime1Length, 20 cbPrime2Length.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from conformance.codec.rsakey import HEADER_SIZE, RsaKeyBlob
from conformance.generate import key_forms
from conformance.generate.edits import blob_edit, blob_header_edit

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC: Final = "join-request/transport-key-magic"
BIT_LENGTH: Final = "join-request/transport-key-bit-length"
LENGTHS: Final = "join-request/transport-key-lengths"
NO_PRIMES: Final = "join-request/transport-key-no-primes"
NO_TAIL: Final = "join-request/transport-key-no-tail"
HEADER: Final = "join-request/transport-key-header"
EXPONENT: Final = "join-request/transport-key-exponent"
MODULUS: Final = "join-request/transport-key-modulus"

EXP: Final = "public_exp_length"
MOD: Final = "modulus_length"
UINT32_MAX: Final = 0xFFFFFFFF
PRIME: Final = b"\xf1" * 128  # as long as a prime of RSA-2048


def _with_exponent(change: Callable[[int], int]) -> Callable[[RsaKeyBlob], RsaKeyBlob]:
    """The same modulus with an exponent made from it."""

    def changed(blob: RsaKeyBlob) -> RsaKeyBlob:
        modulus = int.from_bytes(blob.modulus, "big")
        return RsaKeyBlob.public(change(modulus), modulus)

    return changed


def _with_modulus(change: Callable[[int], int]) -> Callable[[RsaKeyBlob], RsaKeyBlob]:
    def changed(blob: RsaKeyBlob) -> RsaKeyBlob:
        return RsaKeyBlob.public(int.from_bytes(blob.exponent, "big"), change(int.from_bytes(blob.modulus, "big")))

    return changed


def _swapped(number: int) -> int:
    """The number that the octets of a 32-bit integer are in the other byte order (A16)."""
    return int.from_bytes(number.to_bytes(4, "little"), "big")


def _primes(first: int) -> dict[str, int]:
    """Lengths of two primes: this one, and what it takes to come to 0 again in 32 bits."""
    return {"prime1_length": first, "prime2_length": UINT32_MAX + 1 - first}


def _halved(blob: RsaKeyBlob) -> RsaKeyBlob:
    return replace(blob, body=blob.body[: len(blob.body) // 2])


_MAGIC = tuple(
    blob_header_edit(MAGIC, name, f"Magic is {words}.", magic=magic)
    for name, words, magic in (
        ("private", "RSA2, which announces a private key", b"RSA2"),
        ("full-private", "RSA3, which announces a full private key", b"RSA3"),
        ("byte-swapped", "1ASR: RSA1 in the other byte order", b"1ASR"),
        ("lower-case", "rsa1", b"rsa1"),
        ("zero", "four zero octets", bytes(4)),
        ("elliptic", "ECK1, which announces a key of an elliptic curve", b"ECK1"),
    )
)

_OTHER_STRUCTURES = tuple(
    blob_edit(MAGIC, name, f"{words} is in the blob's place.", form) for name, words, form in key_forms.FORMS
)

_BIT_LENGTH = (
    *(
        blob_header_edit(BIT_LENGTH, name, f"BitLength is {words}.", bit_length=value)
        for name, words, value in (
            ("zero", "0", 0),
            ("one-less", "one less than the bits of the modulus", lambda blob: blob.bit_length - 1),
            ("one-more", "one more than the bits of the modulus", lambda blob: blob.bit_length + 1),
            ("half", "half the bits of the modulus", lambda blob: blob.bit_length // 2),
            ("octets", "the length of the modulus in octets", lambda blob: blob.modulus_length),
            ("byte-swapped", "in big-endian order", lambda blob: _swapped(blob.bit_length)),
            ("largest", "the largest number of 32 bits", UINT32_MAX),
        )
    ),
)

_LENGTHS = (
    *(
        blob_header_edit(LENGTHS, name, f"{words}, and no octet is added.", **{field: value})
        for name, words, field, value in (
            ("exponent-one-more", "cbPublicExpLength is one too many", EXP, lambda b: b.public_exp_length + 1),
            ("exponent-largest", "cbPublicExpLength is the largest number of 32 bits", EXP, UINT32_MAX),
            ("modulus-one-more", "cbModulusLength is one too many", MOD, lambda b: b.modulus_length + 1),
            ("modulus-largest", "cbModulusLength is the largest number of 32 bits", MOD, UINT32_MAX),
            ("modulus-negative", "cbModulusLength has its highest bit set", MOD, lambda b: b.modulus_length | 1 << 31),
        )
    ),
    blob_header_edit(
        LENGTHS,
        "wrapping",
        "The two lengths add up to the octets there are only in a sum of 32 bits.",
        public_exp_length=UINT32_MAX,
        modulus_length=lambda blob: len(blob.body) + 1,
    ),
    blob_header_edit(
        LENGTHS,
        "header-byte-swapped",
        "The integers of the header are in big-endian order, and so declare 48 MiB more than there is.",
        bit_length=lambda blob: _swapped(blob.bit_length),
        public_exp_length=lambda blob: _swapped(blob.public_exp_length),
        modulus_length=lambda blob: _swapped(blob.modulus_length),
    ),
    *(
        blob_edit(LENGTHS, name, title, change)
        for name, title, change in (
            ("cut-by-one-octet", "The last octet of the modulus is missing.", lambda b: replace(b, body=b.body[:-1])),
            ("cut-in-half", "The second half of exponent and modulus is missing.", _halved),
            ("header-alone", "Nothing follows the header.", lambda b: replace(b, body=b"")),
            ("no-exponent", "The exponent has no octets.", lambda b: replace(b, public_exp_length=0, body=b.modulus)),
            (
                "no-modulus",
                "The modulus has no octets, and BitLength is 0.",
                lambda b: replace(b, bit_length=0, modulus_length=0, body=b.exponent),
            ),
        )
    ),
)

_NO_PRIMES = (
    *(
        blob_header_edit(NO_PRIMES, name, f"{words} declared, and no prime follows.", **fields)
        for name, words, fields in (
            ("first", "A first prime of 128 octets is", {"prime1_length": len(PRIME)}),
            ("second", "A second prime of 128 octets is", {"prime2_length": len(PRIME)}),
            ("both", "Two primes of 128 octets are", {"prime1_length": len(PRIME), "prime2_length": len(PRIME)}),
            ("first-of-one-octet", "A first prime of one octet is", {"prime1_length": 1}),
            ("second-largest", "A second prime of the largest length of 32 bits is", {"prime2_length": UINT32_MAX}),
            *(
                (name, f"Two primes whose lengths add up to 0 in a sum of 32 bits, {words}, are", _primes(first))
                for name, words, first in (
                    ("sum-of-halves", "half of it each", 1 << 31),
                    ("sum-with-one", "an octet and all the others", 1),
                    ("sum-with-prime", "128 octets and all the others", len(PRIME)),
                )
            ),
        )
    ),
    blob_edit(
        NO_PRIMES,
        "both-sent",
        "Two primes of 128 octets are declared and sent.",
        lambda b: replace(b, prime1_length=len(PRIME), prime2_length=len(PRIME), body=b.body + PRIME + PRIME),
    ),
)

_NO_TAIL = tuple(
    blob_edit(NO_TAIL, name, f"{words} the modulus, and no prime is declared.", change)
    for name, words, change in (
        ("one-octet", "A zero octet follows", lambda b: replace(b, body=b.body + b"\0")),
        ("prime", "A prime of 128 octets follows", lambda b: replace(b, body=b.body + PRIME)),
        ("two-primes", "Two primes of 128 octets follow", lambda b: replace(b, body=b.body + PRIME + PRIME)),
        ("blob", "The same blob follows", lambda b: replace(b, body=b.body + b.encode())),
    )
)

_HEADER = tuple(
    blob_edit(HEADER, name, title, change)
    for name, title, change in (
        ("empty", "The blob has no octets.", lambda _: b""),
        ("magic-alone", "The blob is its magic alone.", lambda b: b.encode()[:4]),
        ("cut-within-lengths", "The blob ends within cbModulusLength.", lambda b: b.encode()[:14]),
        ("cut-by-one-octet", "The header lacks its last octet.", lambda b: b.encode()[: HEADER_SIZE - 1]),
    )
)

_EXPONENT = tuple(
    blob_edit(EXPONENT, name, f"The public exponent is {words}.", change)
    for name, words, change in (
        ("zero", "0", _with_exponent(lambda _: 0)),
        ("one", "1", _with_exponent(lambda _: 1)),
        ("two", "2", _with_exponent(lambda _: 2)),
        ("even", "65536, an even number", _with_exponent(lambda _: 65536)),
        ("even-first", "196610, which is even, and odd in the other byte order", _with_exponent(lambda _: 0x30002)),
        ("modulus", "the modulus", _with_exponent(lambda modulus: modulus)),
        ("beyond-modulus", "larger than the modulus by 2", _with_exponent(lambda modulus: modulus + 2)),
    )
)

_MODULUS = tuple(
    blob_edit(MODULUS, name, f"The modulus is {words}.", change)
    for name, words, change in (
        ("even", "smaller by one, and so even", _with_modulus(lambda n: n - 1)),
        ("power-of-two", "a power of two", _with_modulus(lambda n: 1 << (n.bit_length() - 1))),
    )
)

FAULTS: Final = (
    *(*_MAGIC, *_OTHER_STRUCTURES),
    *(*_BIT_LENGTH, *_LENGTHS, *_NO_PRIMES, *_NO_TAIL, *_HEADER),
    *(*_EXPONENT, *_MODULUS),
)
