"""The transport key in other structures than BCRYPT_RSAKEY_BLOB: DER, PEM, OpenSSH's, JWK.

The one rule: each holds the very numbers of the blob, so that whoever reads it finds the same key and nothing wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conformance.codec import base64
from conformance.codec.rsakey import RsaKeyBlob

Form = Callable[[RsaKeyBlob], bytes]


def _public(encoding: Encoding, form: PublicFormat) -> Form:
    def written(blob: RsaKeyBlob) -> bytes:
        numbers = rsa.RSAPublicNumbers(int.from_bytes(blob.exponent, "big"), int.from_bytes(blob.modulus, "big"))
        return numbers.public_key().public_bytes(encoding, form)

    return written


def jwk(blob: RsaKeyBlob) -> bytes:
    """A JWK (RFC 7517), as roadlib writes it for Android and macOS."""
    numbers = {"e": base64.encode_url(blob.exponent), "n": base64.encode_url(blob.modulus)}
    return json.dumps({"kty": "RSA", "kid": "drs-conformance"} | numbers, separators=(",", ":")).encode()


_SPKI: Final = PublicFormat.SubjectPublicKeyInfo
FORMS: Final[tuple[tuple[str, str, Form], ...]] = (
    ("spki", "A SubjectPublicKeyInfo in DER", _public(Encoding.DER, _SPKI)),
    ("pkcs1", "An RSAPublicKey in DER", _public(Encoding.DER, PublicFormat.PKCS1)),
    ("spki-pem", "A SubjectPublicKeyInfo in PEM", _public(Encoding.PEM, _SPKI)),
    ("pkcs1-pem", "An RSAPublicKey in PEM", _public(Encoding.PEM, PublicFormat.PKCS1)),
    ("ssh", "A key as OpenSSH writes it", _public(Encoding.OpenSSH, PublicFormat.OpenSSH)),
)
"""Name, words and writer of each form that is no blob and that nobody was seen to take."""
