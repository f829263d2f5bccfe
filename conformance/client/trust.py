"""TLS for a target: whose certificates are trusted, and which certificate is shown to who asks for one.

The one rule: a certificate is shown to no one but the target it was given for, and a device's only where a case does.
"""

from __future__ import annotations

import functools
import ssl
from typing import TYPE_CHECKING

from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.client.identity import Identity
    from conformance.client.target import Target


def context(target: Target, identity: Identity | None = None, *, alone: bool = False) -> ssl.SSLContext:
    """TLS as the target's options have it; with an identity one of its own, which shows that and nothing else.

    `alone` makes one that no other connection shares.

    Raises `UsageError` for a file that cannot be used, and `ssl.SSLError` for an identity that TLS cannot show.
    """
    ca_file = str(target.tls_ca) if target.tls_ca else None
    if identity is not None:
        made = _made(ca_file, target.insecure)
        identity.show_by(made)
        return made
    network = target.network
    certificate, key = (str(path) if path else None for path in (network.certificate, network.key))
    make = _shared.__wrapped__ if alone else _shared
    return make(ca_file, target.insecure, certificate, key)


@functools.cache
def _shared(ca_file: str | None, insecure: bool, certificate: str | None, key: str | None) -> ssl.SSLContext:
    """Costly to make, and the same for every connection."""
    made = _made(ca_file, insecure)
    if certificate is not None:
        show(made, certificate, key)
    return made


def _made(ca_file: str | None, insecure: bool) -> ssl.SSLContext:
    if insecure:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        return made
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        raise UsageError(f"the CA file {ca_file!r} cannot be read as PEM certificates") from None


def show(made: ssl.SSLContext, certificate: str, key: str | None) -> None:
    """Has TLS show a certificate. Raises `UsageError` where the files do not hold one and its key, free to be read."""
    asked: list[bool] = []

    def password() -> str:  # or OpenSSL asks for one on the terminal
        asked.append(True)
        return ""

    try:
        made.load_cert_chain(certificate, key, password)
    except (OSError, ssl.SSLError) as error:
        where = f"the client certificate {certificate!r}" + (f" with the key {key!r}" if key else "")
        why = "its key is encrypted; pass one that is not" if asked else _why(error)
        raise UsageError(f"{where} cannot be used: {why}") from None


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        if error.reason == "KEY_VALUES_MISMATCH":
            return "the key is not that of the certificate; pass both of one pair"
        return "it is no PEM certificate with its private key; pass such a file, or the key as --client-key"
    return f"{error.strerror}; pass PEM files"
