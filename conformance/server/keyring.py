"""The server's own keys: made at the first start, kept in the store, so that a state file carries them on."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from conformance.errors import UsageError

from .site import Keyring

if TYPE_CHECKING:
    from .store import Store

BITS = 2048


def keyring(store: Store) -> Keyring:
    """The keys of this store, made where it has none; UsageError when what it has is not a key."""
    return Keyring(*(_key(store, name) for name in ("ca", "authority", "challenge", "nonce")))


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
