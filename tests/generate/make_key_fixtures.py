"""Makes `fixtures/keys-*.json`, the key pool: run by hand, once, with `python tests/generate/make_key_fixtures.py`.

The rule: keys are made here and nowhere else, so that no run of the suite generates one. Running it again replaces
every key (they are random), which is a change to every request the suite sends. The keys come from OpenSSL, through
`cryptography` where it can and through `openssl prime` for the modulus of 2049 bits, which OpenSSL rounds down.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
F4 = 65537
POOL_SIZE = 32
AIK_USAGE = x509.ObjectIdentifier("2.23.133.8.3")  # tcg-kp-AIKCertificate
MADE = "tests/generate/make_key_fixtures.py with OpenSSL; published with this project, so they protect nothing"


def main() -> int:
    common = [_item(f"rsa-2048-{n:02}", rsa.generate_private_key(F4, 2048)) for n in range(POOL_SIZE)]
    _write(
        "keys-rsa-2048",
        "RSA-2048 key pairs with exponent 65537: device keys and transport keys of conforming requests",
        "2.1.1.1.1",
        "accepted as the key of a certificate request and as a transport key",
        common,
    )
    others: list[tuple[str, CertificateIssuerPrivateKeyTypes]] = [
        ("rsa-1024", rsa.generate_private_key(F4, 1024)),
        ("rsa-2047", rsa.generate_private_key(F4, 2047)),
        ("rsa-2049", _rsa_of_primes(1025, 1024)),
        ("rsa-3072", rsa.generate_private_key(F4, 3072)),
        ("rsa-4096", rsa.generate_private_key(F4, 4096)),
        ("rsa-2048-exponent-3", rsa.generate_private_key(3, 2048)),
        ("p-256", ec.generate_private_key(ec.SECP256R1())),
        ("ed25519", ed25519.Ed25519PrivateKey.generate()),
    ]
    _write(
        "keys-other",
        "key pairs of other sizes, exponents and algorithms",
        "2.1.1.1.1",
        "refused as the key of a certificate request, but for rsa-2048-exponent-3, which is an RSA key of 2048 bits",
        [_item(name, key) for name, key in others],
    )
    _write(
        "keys-aik",
        "an attestation identity key and its certificate, as a TPM's owner sends them along",
        "2.1.1.1.1",
        "accepted as AikCertificate; a service that checks its chain finds no known manufacturer",
        [_aik(rsa.generate_private_key(F4, 2048))],
    )
    _write(
        "keys-degenerate",
        "what looks like an RSA key and is none: a modulus that is twice a prime, which is given in hexadecimal",
        "2.1.1.1.1",
        "refused as the key of a certificate request, though a signature made with the prime verifies",
        [{"name": "twice-a-prime", "algorithm": "RSA", "bits": 2048, "exponent": F4, "prime": f"{_prime(2047):x}"}],
    )
    return 0


def _prime(bits: int) -> int:
    """A prime that F4 has an inverse for."""
    while True:
        prime = int(subprocess.check_output(["openssl", "prime", "-generate", "-bits", str(bits)]))
        if prime.bit_length() == bits and (prime - 1) % F4:
            return prime


def _rsa_of_primes(bits1: int, bits2: int) -> rsa.RSAPrivateKey:
    """An RSA key whose modulus has exactly bits1 + bits2 bits (primes drawn until it has)."""
    while True:
        p, q = _prime(bits1), _prime(bits2)
        if (p * q).bit_length() != bits1 + bits2:
            continue
        d = pow(F4, -1, (p - 1) * (q - 1))
        numbers = rsa.RSAPrivateNumbers(
            p,
            q,
            d,
            rsa.rsa_crt_dmp1(d, p),
            rsa.rsa_crt_dmq1(d, q),
            rsa.rsa_crt_iqmp(p, q),
            rsa.RSAPublicNumbers(F4, p * q),
        )
        return numbers.private_key()


def _item(name: str, key: CertificateIssuerPrivateKeyTypes) -> dict[str, Any]:
    kinds = {rsa.RSAPrivateKey: "RSA", ec.EllipticCurvePrivateKey: "EC", ed25519.Ed25519PrivateKey: "Ed25519"}
    item: dict[str, Any] = {
        "name": name,
        "algorithm": next(label for kind, label in kinds.items() if isinstance(key, kind)),
        "pkcs8": _base64(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
        "spki": _base64(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
    }
    if isinstance(key, rsa.RSAPrivateKey):
        item |= {"bits": key.key_size, "exponent": key.public_key().public_numbers().e}
    return item


def _aik(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "drs-conformance test AIK")])
    now = dt.datetime(2024, 1, 26, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=36500))
        .add_extension(x509.ExtendedKeyUsage([AIK_USAGE]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _item("aik", key) | {"certificate": _base64(certificate.public_bytes(Encoding.DER))}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _write(name: str, what: str, section: str, expected: str, items: list[dict[str, Any]]) -> None:
    fixture = {"fixture": name, "what": what, "from": MADE, "section": section, "expected": expected, "items": items}
    (FIXTURES / f"{name}.json").write_text(json.dumps(fixture, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
