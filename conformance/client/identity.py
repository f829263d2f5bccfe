"""A device's certificate with its key, to be shown as TLS client certificate: what removal asks for (field notes)."""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its PKCS#8 private key, both in DER."""

    certificate: bytes
    key: bytes = field(repr=False)

    def show_by(self, context: ssl.SSLContext) -> None:
        """Loads both into a TLS context; `ssl` reads files only, so they are one for a moment, ours alone to read."""
        handle, name = tempfile.mkstemp(suffix=".pem")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(_pem("CERTIFICATE", self.certificate) + _pem("PRIVATE KEY", self.key))
            context.load_cert_chain(name)
        finally:
            Path(name).unlink()


def _pem(label: str, der: bytes) -> str:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"
