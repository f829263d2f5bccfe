"""Nonces (3.2): base64 of a compact JWE, opaque to the client, five minutes, one use, one tenant.

The one rule: a nonce is looked up by its hash and never decrypted, so that spending one costs no private-key
operation; it is spent in the transaction that writes the device, after every other rule was kept. A join refused for
another reason leaves it unspent: its sender may correct the request and send it again.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from joserfc import jwe
from joserfc.jwk import RSAKey

from conformance.codec import base64

from .refusal import Refusal
from .rules import Rules

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from .site import Site, Tenant
    from .store import NonceRow

LIFETIME = 300.0
_HEADER = {"alg": "RSA-OAEP-256", "enc": "A256GCM"}


@dataclass(frozen=True, slots=True)
class NonceCase:
    """The nonce of a request: its text, what the store knows of it, the request's tenant, and when."""

    text: str
    row: NonceRow | None
    tenant: Tenant
    now: float


@lru_cache(maxsize=4)
def _public(key: RSAPrivateKey) -> RSAKey:
    return RSAKey.import_key(key.public_key(), {"use": "enc"})


def digest(text: str) -> bytes:
    """The SHA-256 by which a nonce is remembered."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def nonce_value(site: Site, tenant: Tenant) -> str:
    """A new nonce's text, remembered nowhere yet: base64 of a compact JWE of its tenant, its moment and a random id."""
    said = {"tid": tenant.tenant_id, "iat": int(site.now()), "jti": secrets.token_urlsafe(16)}
    token = jwe.encrypt_compact(_HEADER, json.dumps(said), _public(site.keys.nonce), algorithms=list(_HEADER.values()))
    return base64.encode(token.encode("ascii"))


def _known(case: NonceCase) -> None:
    if case.row is None:
        raise Refusal("The nonce of CertificateRequest.Data was not issued here.", subcode="error_invalid_nonce")


def _tenant(case: NonceCase) -> None:
    if case.row is not None and case.row.tenant != case.tenant.tenant_id:
        raise Refusal("The nonce of CertificateRequest.Data is another tenant's.", subcode="error_invalid_nonce")


def _fresh(case: NonceCase) -> None:
    if case.row is not None and case.now >= case.row.expires:
        raise Refusal("The nonce of CertificateRequest.Data is out of date.", subcode="error_invalid_nonce")


def _unspent(case: NonceCase) -> None:
    if case.row is not None and case.row.spent:
        raise spent()


def spent() -> Refusal:
    """The refusal of a nonce that was used."""
    return Refusal("The nonce of CertificateRequest.Data was used before.", subcode="error_invalid_nonce")


NONCE_RULES: Rules[NonceCase] = Rules.of(known=_known, tenant=_tenant, fresh=_fresh, unspent=_unspent)
