"""BCRYPT_RSAKEY_BLOB with its body, as Windows CNG lays it out: the transport key of a join request (MS-DRS 2.1.1.1.1).

The one rule: the header's fields stay as sent, and every byte behind it is kept, so that a blob whose header lies about
its body is a record like any other. The header is six little-endian fields, exponent and modulus are big-endian (A16).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, Self

from conformance.errors import DecodeError

STRUCTURE: Final = "BCRYPT_RSAKEY_BLOB"
HEADER_FIELDS: Final = (
    "Magic",
    "BitLength",
    "cbPublicExpLength",
    "cbModulusLength",
    "cbPrime1Length",
    "cbPrime2Length",
)
HEADER_SIZE: Final = 4 * len(HEADER_FIELDS)
PUBLIC_MAGIC: Final = b"RSA1"
_NUMBERS: Final = struct.Struct("<5I")


@dataclass(frozen=True, slots=True)
class RsaKeyBlob:
    """The header fields as sent, lengths in octets and `bit_length` in bits, and every byte that follows them."""

    magic: bytes
    bit_length: int
    public_exp_length: int
    modulus_length: int
    prime1_length: int
    prime2_length: int
    body: bytes

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The blob these bytes are; only a header that is cut off is a DecodeError."""
        if len(data) < HEADER_SIZE:
            name = HEADER_FIELDS[len(data) // 4]
            raise DecodeError(STRUCTURE, len(data), f"cut off at {name}: the header has {HEADER_SIZE} octets")
        bits, exponent, modulus, prime1, prime2 = _NUMBERS.unpack_from(data, 4)
        return cls(data[:4], bits, exponent, modulus, prime1, prime2, data[HEADER_SIZE:])

    @classmethod
    def public(cls, exponent: int, modulus: int) -> Self:
        """The blob Windows exports for a public key, both numbers in as many octets as they need."""
        exponent_octets = exponent.to_bytes(max(1, (exponent.bit_length() + 7) // 8), "big")
        modulus_octets = modulus.to_bytes(max(1, (modulus.bit_length() + 7) // 8), "big")
        body = exponent_octets + modulus_octets
        return cls(PUBLIC_MAGIC, modulus.bit_length(), len(exponent_octets), len(modulus_octets), 0, 0, body)

    def encode(self) -> bytes:
        """The bytes the fields say; each length must fit 32 bits."""
        numbers = (self.bit_length, self.public_exp_length, self.modulus_length, self.prime1_length, self.prime2_length)
        return self.magic + _NUMBERS.pack(*numbers) + self.body

    @property
    def exponent(self) -> bytes:
        """The public exponent, big-endian, as far as its bytes are there."""
        return self.body[: self.public_exp_length]

    @property
    def modulus(self) -> bytes:
        """The modulus, big-endian, as far as its bytes are there."""
        return self.body[self.public_exp_length : self.public_exp_length + self.modulus_length]

    @property
    def tail(self) -> bytes:
        """What follows the modulus: the primes of a private key, or bytes that do not belong there."""
        return self.body[self.public_exp_length + self.modulus_length :]
