"""The server's own keys, certificates and password: made at the first start and kept in the store.

The one rule: what a client may hold on to (a CA, a token, a password) comes from the store, so that a state file
carries it on and all workers have the same.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from conformance.errors import UsageError

from .certificate import ca_certificate
from .site import Keyring

if TYPE_CHECKING:
    import trustme

    from .store import Store

BITS = 2048
_SEAM = b"\0"


def keyring(store: Store) -> Keyring:
    """The keys of this store, made where it has none; UsageError when what it has is not a key."""
    with store.transaction():  # of two servers that start on one file, one makes them
        return Keyring(*(_key(store, name) for name in ("ca", "authority", "challenge", "nonce")))


def device_ca(store: Store, key: rsa.RSAPrivateKey) -> bytes:
    """The certificate (DER) of the CA of devices."""
    return store.recalled("certificate ca", lambda: ca_certificate(key, datetime.now(UTC)))


def password(store: Store) -> str:
    """What opens every account of this server."""
    return store.recalled("password", lambda: secrets.token_urlsafe(12).encode("ascii")).decode("ascii")


def tls_ca(store: Store) -> trustme.CA:
    """The CA of the certificate that this server shows to TLS clients."""
    import trustme  # noqa: PLC0415 - needed with --tls only, and slow to import

    def fresh() -> bytes:
        made = trustme.CA()
        return made.cert_pem.bytes() + _SEAM + made.private_key_pem.bytes()

    certificate, _, key = store.recalled("tls ca", fresh).partition(_SEAM)
    try:
        return trustme.CA.from_pem(certificate, key)
    except ValueError:
        raise UsageError("the state file holds no readable CA for TLS; name a new file") from None


def _key(store: Store, name: str) -> rsa.RSAPrivateKey:
    kept = store.fact(f"key {name}")
    if kept is not None:
        try:
            return cast("rsa.RSAPrivateKey", load_der_private_key(kept, None))
        except ValueError:
            raise UsageError(f"the state file holds no readable key for {name}; name a new file") from None
    key = rsa.generate_private_key(65537, BITS)
    store.remember(f"key {name}", key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    return key
