"""The key pool holds what it says, and is parsed cheaply and once."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from cryptography.x509 import load_der_x509_certificate

from conformance.errors import CatalogueError
from conformance.generate import keys

RSA = {
    "rsa-1024": (1024, 65537),
    "rsa-2047": (2047, 65537),
    "rsa-2049": (2049, 65537),
    "rsa-3072": (3072, 65537),
    "rsa-4096": (4096, 65537),
    "rsa-2048-exponent-3": (2048, 3),
}
OTHERS = {"p-256": "EC", "ed25519": "Ed25519"}


def test_the_pool_is_32_different_rsa_2048_keys() -> None:
    assert len({key.spki_der for key in keys.pool()}) == 32
    for key in keys.pool():
        exponent, modulus = key.rsa_numbers
        assert (modulus.bit_length(), exponent) == (2048, 65537)


def test_keys_of_two_keys_primes_are_many_and_different() -> None:
    moduli = [p * q for p, q in keys._pairs()]
    assert len(set(moduli)) == len(moduli) == 1984
    assert {modulus.bit_length() for modulus in moduli} == {2048}
    assert not set(moduli) & {key.rsa_numbers[1] for key in keys.pool()}


@pytest.mark.parametrize("index", [0, 31, 1983])
def test_a_key_of_two_keys_primes_is_sound(index: int) -> None:
    key = keys.paired(index)
    private = load_der_private_key(key.pkcs8_der, None)  # with every check of the library
    assert private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == key.spki_der
    assert (key.rsa_numbers[0], keys.paired(index)) == (65537, key)


@pytest.mark.parametrize("index", [-1, 1984])
def test_there_are_only_so_many_keys_of_two_keys_primes(index: int) -> None:
    with pytest.raises(CatalogueError, match=f"there are 1984 keys of two keys' primes, and none of index {index}"):
        keys.paired(index)


@pytest.mark.parametrize("name", RSA)
def test_odd_rsa_keys_are_what_they_are_called(name: str) -> None:
    exponent, modulus = keys.named(name).rsa_numbers
    assert (modulus.bit_length(), exponent) == RSA[name]


@pytest.mark.parametrize("name", OTHERS)
def test_other_algorithms_have_no_rsa_numbers(name: str) -> None:
    key = keys.named(name)
    assert key.algorithm == OTHERS[name]
    with pytest.raises(CatalogueError, match=f"key {name} is {OTHERS[name]}, not RSA"):
        _ = key.rsa_numbers


@pytest.mark.parametrize(
    "key", [keys.pool()[0], keys.pool()[31], *map(keys.named, (*RSA, *OTHERS))], ids=lambda k: k.name
)
def test_a_key_pair_belongs_together_and_is_sound(key: keys.PoolKey) -> None:
    private = load_der_private_key(key.pkcs8_der, None)  # with every check of the library
    assert private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == key.spki_der


def test_a_private_key_is_parsed_once() -> None:
    key = keys.nth(5)
    assert key.private_key is keys.nth(5 + 32).private_key


def test_a_pool_key_is_parsed_without_a_look_at_its_primes(monkeypatch: pytest.MonkeyPatch) -> None:
    """That look costs 35 ms for each of 32 keys, and `test_a_key_pair_belongs_together_and_is_sound` has had it."""
    asked: list[bool] = []

    def parse(octets: bytes, password: None, *, unsafe_skip_rsa_key_validation: bool) -> object:
        asked.append(unsafe_skip_rsa_key_validation)
        return load_der_private_key(octets, password, unsafe_skip_rsa_key_validation=unsafe_skip_rsa_key_validation)

    monkeypatch.setattr(keys, "load_der_private_key", parse)
    assert keys._parse.__wrapped__(keys.nth(0).pkcs8_der).key_size == 2048  # type: ignore[union-attr]
    assert asked == [True]


def test_the_attestation_certificate_is_over_its_key() -> None:
    aik = keys.attestation_key()
    certificate = load_der_x509_certificate(aik.certificate)
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == aik.key.spki_der


def test_an_unknown_key_is_named_with_those_there_are() -> None:
    with pytest.raises(CatalogueError, match=r"no key 'rsa-512'; it has ed25519, p-256, rsa-1024"):
        keys.named("rsa-512")


def test_a_run_of_thousands_of_keys_does_not_keep_them_all() -> None:
    for index in range(600):
        assert keys.paired(index).private_key is not None
        assert keys.paired(index).rsa_numbers
    assert max(one.cache_info().currsize for one in (keys.paired, keys._parse, keys._rsa_numbers)) <= 256
