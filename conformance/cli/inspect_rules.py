"""A rule of `inspect`: whether the words of a requirement hold of one record, and at which row that is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.codec.spki import SubjectPublicKeyInfo

_RSA_HASHES: dict[str, hashes.HashAlgorithm] = {
    "1.2.840.113549.1.1.5": hashes.SHA1(),  # noqa: S303 - what is inspected may be old
    "1.2.840.113549.1.1.11": hashes.SHA256(),
    "1.2.840.113549.1.1.12": hashes.SHA384(),
    "1.2.840.113549.1.1.13": hashes.SHA512(),
}
_EC_HASHES: dict[str, hashes.HashAlgorithm] = {
    "1.2.840.10045.4.3.2": hashes.SHA256(),
    "1.2.840.10045.4.3.3": hashes.SHA384(),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`says` is the id of a requirement or of an ambiguity, `key` the row it is said at.

    `holds` tells it of the record: None where it cannot be told; of an ambiguity, whether it shows there at all. It may
    raise DecodeError, which is None too.
    """

    says: str
    key: str
    holds: Callable[[Any], bool | None]


def verifies(key: SubjectPublicKeyInfo, algorithm: str, signature: bytes, over: bytes) -> bool | None:
    """Whether a signature is this key's over these octets; None for algorithms that are not tried."""
    try:
        public = load_der_public_key(key.encode())
        if isinstance(public, rsa.RSAPublicKey) and algorithm in _RSA_HASHES:
            public.verify(signature, over, padding.PKCS1v15(), _RSA_HASHES[algorithm])
        elif isinstance(public, ec.EllipticCurvePublicKey) and algorithm in _EC_HASHES:
            public.verify(signature, over, ec.ECDSA(_EC_HASHES[algorithm]))
        else:
            return None
    except InvalidSignature:
        return False
    except (ValueError, UnsupportedAlgorithm):
        return None
    return True
