"""The transport key (2.1.1.1.1): a BCRYPT_RSAKEY_BLOB of a public RSA key, byte for byte.

The one rule: the header's lengths account for every byte. Offsets are those of the blob: header fields of four octets
from 0 (Magic) to 20 (cbPrime2Length), the exponent at 24, the modulus behind it (Windows CNG, bcrypt.h).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .refusal import Fault, Refusal, quoted
from .rules import Rules

if TYPE_CHECKING:
    from conformance.codec.rsakey import RsaKeyBlob

NAME = "TransportKey"
HEADER = 24
SMALLEST = 2048
LARGEST = 4096


def _refuse(problem: str, offset: int) -> Refusal:
    return Refusal(f"{NAME}: {problem} at offset {offset}.", fault=Fault(NAME, offset))


def _magic(blob: RsaKeyBlob) -> None:
    if blob.magic != b"RSA1":
        raise _refuse(f"Magic is {quoted(blob.magic.decode('latin-1'))}, it must be 'RSA1'", 0)


def _primes(blob: RsaKeyBlob) -> None:
    if blob.prime1_length:
        raise _refuse(f"cbPrime1Length is {blob.prime1_length}, it must be 0", 16)
    if blob.prime2_length:
        raise _refuse(f"cbPrime2Length is {blob.prime2_length}, it must be 0", 20)


def _lengths(blob: RsaKeyBlob) -> None:
    if blob.public_exp_length == 0:
        raise _refuse("cbPublicExpLength is 0", 8)
    if blob.modulus_length == 0:
        raise _refuse("cbModulusLength is 0", 12)
    declared = blob.public_exp_length + blob.modulus_length
    if declared > len(blob.body):
        where = HEADER + len(blob.body)
        raise _refuse(f"the header declares {declared} octets after it, there are {len(blob.body)}", where)


def _tail(blob: RsaKeyBlob) -> None:
    if blob.tail:
        where = HEADER + len(blob.body) - len(blob.tail)
        raise _refuse(f"{len(blob.tail)} octets follow the modulus, there must be none", where)


def _bit_length(blob: RsaKeyBlob) -> None:
    bits = int.from_bytes(blob.modulus, "big").bit_length()
    if blob.bit_length != bits:
        raise _refuse(f"BitLength is {blob.bit_length}, the modulus has {bits} bits", 4)


def _size(blob: RsaKeyBlob) -> None:
    """The document names no size: what is too weak to register, or too large to be meant, is refused."""
    bits = int.from_bytes(blob.modulus, "big").bit_length()
    if not SMALLEST <= bits <= LARGEST:
        raise _refuse(f"the modulus has {bits} bits, it must have {SMALLEST} to {LARGEST}", HEADER)


def _modulus(blob: RsaKeyBlob) -> None:
    if not int.from_bytes(blob.modulus, "big") % 2:
        raise _refuse("the modulus is even", HEADER + blob.public_exp_length + len(blob.modulus) - 1)


def _exponent(blob: RsaKeyBlob) -> None:
    value = int.from_bytes(blob.exponent, "big")
    if value < 3 or value % 2 == 0:  # noqa: PLR2004 - RFC 8017, 3.1: 3 <= e < n, and odd
        raise _refuse("the public exponent is not an odd number of at least 3", HEADER)
    if value >= int.from_bytes(blob.modulus, "big"):
        raise _refuse("the public exponent is not smaller than the modulus", HEADER)


TRANSPORT_KEY_RULES: Rules[RsaKeyBlob] = Rules.of(
    magic=_magic,
    primes=_primes,
    lengths=_lengths,
    tail=_tail,
    bit_length=_bit_length,
    modulus=_modulus,
    exponent=_exponent,
    size=_size,
)
