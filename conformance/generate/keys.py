"""The key pool: the published test keys of `fixtures/keys-*.json`, loaded when first asked for.

The one rule: no key is generated while a suite runs. Everybody can read these keys, so they protect nothing; a device
registered with one of them is a test device.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from conformance import paths
from conformance.errors import CatalogueError

_EXPONENT = 65537
_KEPT = 256  # keys at hand: all that have a name, and as many of two keys' primes as are under way; a run has thousands
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class PoolKey:
    """A key pair by name: its SubjectPublicKeyInfo and its PKCS#8 private key, both in DER."""

    name: str
    algorithm: str
    spki_der: bytes
    pkcs8_der: bytes

    @property
    def private_key(self) -> PrivateKey:
        """The key to sign with; parsed once for all who ask while it is at hand."""
        return _parse(self.pkcs8_der)

    @property
    def rsa_numbers(self) -> tuple[int, int]:
        """Public exponent and modulus; CatalogueError for a key that is not RSA."""
        return _rsa_numbers(self)


@dataclass(frozen=True, slots=True)
class AttestationKey:
    """An attestation identity key with the DER of its certificate."""

    key: PoolKey
    certificate: bytes


@cache
def pool() -> tuple[PoolKey, ...]:
    """The RSA-2048 keys of conforming requests, in the order of the fixture."""
    return tuple(_key(item) for item in _items("keys-rsa-2048"))


def nth(index: int) -> PoolKey:
    """The pool's key for an index; the pool starts over at its end."""
    return pool()[index % len(pool())]


@lru_cache(_KEPT)
def paired(index: int) -> PoolKey:
    """An RSA-2048 key of a prime of one pool key and a prime of another: thousands, all different, none generated.

    They are for crowds of requests, each of which needs a key that no other has. The pool's primes are of 1024 bits
    with the two highest set, so that every product has 2048. CatalogueError beyond the last of them.
    """
    if not 0 <= index < len(_pairs()):
        raise CatalogueError(f"there are {len(_pairs())} keys of two keys' primes, and none of index {index}")
    p, q = _pairs()[index]
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    d = rsa.rsa_recover_private_exponent(_EXPONENT, p, q)
    halves = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    private = rsa.RSAPrivateNumbers(p, q, d, *halves, public).private_key(unsafe_skip_rsa_key_validation=True)
    return PoolKey(
        f"paired-{index}",
        "RSA",
        private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )


def within(octets: bytes) -> list[PoolKey]:
    """The keys whose SubjectPublicKeyInfo stands in these octets, those of two keys' primes among them."""
    mixed = (paired(index) for index, (p, q) in enumerate(_pairs()) if (p * q).to_bytes(256, "big") in octets)
    return [key for key in (*every(), *mixed) if key.spki_der in octets]


def pairs() -> int:
    """How many keys of two keys' primes there are."""
    return len(_pairs())


@cache
def _pairs() -> tuple[tuple[int, int], ...]:
    """Two primes of different pool keys each."""
    numbers = [cast("rsa.RSAPrivateKey", key.private_key).private_numbers() for key in pool()]
    size = len(numbers)
    return tuple(
        (first, second)
        for distance in range(1, size)
        for one in range(size - distance)
        for first in (numbers[one].p, numbers[one].q)
        for second in (numbers[one + distance].p, numbers[one + distance].q)
    )


def named(name: str) -> PoolKey:
    """A key by its name, such as `rsa-1024` or `p-256`; CatalogueError when there is none."""
    keys = _by_name()
    if name not in keys:
        raise CatalogueError(f"the key pool has no key {name!r}; it has {', '.join(sorted(keys))}")
    return keys[name]


@cache
def attestation_key() -> AttestationKey:
    """The attestation identity key and its certificate."""
    (item,) = _items("keys-aik")
    return AttestationKey(_key(item), base64.b64decode(item["certificate"], validate=True))


@cache
def twice_a_prime() -> int:
    """A prime of 2047 bits; its double looks like an RSA modulus of 2048 bits, and is even."""
    (item,) = _items("keys-degenerate")
    return int(item["prime"], 16)


def every() -> tuple[PoolKey, ...]:
    """All the keys that have a name: the pool's, and those of other sizes and kinds."""
    return tuple(_by_name().values())


@cache
def _by_name() -> dict[str, PoolKey]:
    return {key.name: key for key in (*pool(), *(_key(item) for item in _items("keys-other")))}


def _items(fixture: str) -> list[dict[str, Any]]:
    path = paths.FIXTURES / f"{fixture}.json"
    try:
        return cast("list[dict[str, Any]]", json.loads(path.read_text(encoding="utf-8"))["items"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CatalogueError(f"the key fixture {path} cannot be read: {error}") from error


def _key(item: dict[str, Any]) -> PoolKey:
    spki, pkcs8 = (base64.b64decode(item[field], validate=True) for field in ("spki", "pkcs8"))
    return PoolKey(item["name"], item["algorithm"], spki, pkcs8)


@lru_cache(_KEPT)
def _parse(pkcs8: bytes) -> PrivateKey:
    # The pool is ours and its test checks every key, so the primality checks (35 ms a key) would prove nothing here.
    return cast("PrivateKey", load_der_private_key(pkcs8, None, unsafe_skip_rsa_key_validation=True))


@lru_cache(_KEPT)
def _rsa_numbers(key: PoolKey) -> tuple[int, int]:
    public = load_der_public_key(key.spki_der)
    if not isinstance(public, rsa.RSAPublicKey):
        raise CatalogueError(f"key {key.name} is {key.algorithm}, not RSA")
    numbers = public.public_numbers()
    return numbers.e, numbers.n
