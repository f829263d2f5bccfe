"""AlgorithmIdentifier and SubjectPublicKeyInfo (RFC 5280 4.1.1.2 and 4.1.2.7), and the RSA key in one (RFC 8017 A.1.1).

The one rule: a key is octets until someone asks for its numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from conformance.codec import der
from conformance.codec.der import tags
from conformance.errors import DecodeError

RSA_STRUCTURE: Final = "RSAPublicKey"
RSA_ENCRYPTION: Final = "1.2.840.113549.1.1.1"
SHA256_WITH_RSA: Final = "1.2.840.113549.1.1.11"
# RSAPublicKey of 2048 bits with the exponent 65537, as nearly all are: what stands before the modulus and behind it.
_BEFORE: Final = bytes.fromhex("3082010a0282010100")
_BEHIND: Final = bytes.fromhex("0203010001")
_USUAL: Final = len(_BEFORE) + 256 + len(_BEHIND)


@dataclass(frozen=True, slots=True)
class AlgorithmIdentifier:
    """An algorithm and its parameters: one whole element, or no octets where there are none."""

    oid: str
    parameters: bytes = b""

    def encode(self) -> bytes:
        """AlgorithmIdentifier."""
        return der.sequence(der.oid(self.oid), self.parameters)


@dataclass(frozen=True, slots=True)
class SubjectPublicKeyInfo:
    """An algorithm and the octets of its public key; `offset` is where those stand."""

    algorithm: AlgorithmIdentifier
    key: bytes
    offset: int = field(default=0, compare=False)

    @classmethod
    def decode(cls, data: bytes, *, strict: bool = True) -> SubjectPublicKeyInfo:
        """The SubjectPublicKeyInfo these octets are, to the last one."""
        walk = der.Cursor(data, "SubjectPublicKeyInfo", strict=strict)
        spki = read(walk, "subjectPublicKeyInfo")
        walk.finish()
        return spki

    def encode(self) -> bytes:
        """SubjectPublicKeyInfo."""
        return der.sequence(self.algorithm.encode(), der.bit_string(self.key))

    def rsa(self) -> tuple[int, int]:
        """Modulus and public exponent, signed as they are written; DecodeError for a key that is no RSA key."""
        if self.algorithm.oid != RSA_ENCRYPTION:
            problem = f"the key's algorithm is {self.algorithm.oid}, not rsaEncryption"
            raise DecodeError(RSA_STRUCTURE, self.offset, problem)
        key = self.key
        if len(key) == _USUAL and key.startswith(_BEFORE) and key.endswith(_BEHIND) and key[len(_BEFORE)] & 0x80:
            return int.from_bytes(key[len(_BEFORE) : -len(_BEHIND)], "big"), 0x10001
        return read_rsa(der.Cursor(self.key, RSA_STRUCTURE, base=self.offset))


def read_rsa(walk: der.Cursor) -> tuple[int, int]:
    """Modulus and public exponent of the RSAPublicKey that comes next, to the last octet."""
    inner = walk.into(tags.SEQUENCE, "RSAPublicKey")
    modulus, exponent = inner.integer("modulus"), inner.integer("publicExponent")
    inner.finish()
    walk.finish()
    return modulus, exponent


def read_algorithm(walk: der.Cursor, what: str) -> AlgorithmIdentifier:
    """The AlgorithmIdentifier that comes next; `what` is its name in the structure."""
    inner = walk.into(tags.SEQUENCE, what)
    oid = inner.oid("algorithm")
    parameters = b"" if inner.at_end else inner.next("parameters").raw
    inner.finish()
    return AlgorithmIdentifier(oid, parameters)


def read(walk: der.Cursor, what: str) -> SubjectPublicKeyInfo:
    """The SubjectPublicKeyInfo that comes next; `what` is its name in the structure."""
    inner = walk.into(tags.SEQUENCE, what)
    algorithm = read_algorithm(inner, "algorithm")
    key, offset = inner.octets("subjectPublicKey")
    inner.finish()
    return SubjectPublicKeyInfo(algorithm, key, offset)
