"""Signed tokens: written and read with `joserfc`, RS256 and nothing else.

The one rule: a signature is checked with our own key, picked by purpose, never with anything the token's header names
(RFC 8725, sections 3.1 and 3.10).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from conformance.codec import jose
from conformance.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ALGORITHM = "RS256"


class Untrusted(Exception):
    """The text is no token of ours; the message says why and repeats nothing of it."""


@lru_cache(maxsize=16)
def _jwk(key: RSAPrivateKey) -> RSAKey:
    jwk = RSAKey.import_key(key, {"alg": ALGORITHM, "use": "sig"})
    jwk.ensure_kid()
    return jwk


def public_jwk(key: RSAPrivateKey) -> dict[str, Any]:
    """The public half of a signing key as RFC 7517 has it, with `kid` (RFC 7638 thumbprint), `alg` and `use`."""
    return dict(_jwk(key).as_dict(private=False))


def sign(claims: Mapping[str, Any], key: RSAPrivateKey, kind: str = "JWT") -> str:
    """A compact JWS over the claims; `kind` is its `typ` (RFC 8725, section 3.11)."""
    jwk = _jwk(key)
    return jwt.encode({"alg": ALGORITHM, "typ": kind, "kid": jwk.kid}, dict(claims), jwk, algorithms=[ALGORITHM])


def verified(text: str, key: RSAPrivateKey, kind: str = "JWT") -> dict[str, Any]:
    """The claims of a token that this key signed and that says it is of this kind; Untrusted otherwise."""
    try:
        jose.Compact.decode(text)  # the strict reading: alphabet, spare bits, duplicate header members
    except DecodeError as error:
        raise Untrusted(f"it is not a compact JWS: {error.problem} at offset {error.offset}") from None
    try:
        token = jwt.decode(text, _jwk(key), algorithms=[ALGORITHM])
    except (JoseError, ValueError):
        raise Untrusted(f"its signature is not an {ALGORITHM} signature of the key that signs them here") from None
    if token.header.get("typ") != kind:
        raise Untrusted(f"its typ is not {kind}")
    return dict(token.claims)
