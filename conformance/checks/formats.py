"""The formats our schemas name, checked by the codecs: a text has a format when its codec can read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jsonschema import FormatChecker

from conformance.codec import base64, guid, jose, sid
from conformance.codec.pkcs10 import CertificationRequest
from conformance.codec.rsakey import RsaKeyBlob
from conformance.codec.tpms import Attestation
from conformance.codec.x509 import Certificate
from conformance.errors import DecodeError


def _absolute_uri(text: str) -> None:
    """RFC 3986 4.3: a scheme, and here an authority too, without white space or braces."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise DecodeError("URI", 0, str(error)) from None
    if not parts.scheme or not parts.netloc:
        raise DecodeError("URI", 0, "no scheme or no host")
    for offset, character in enumerate(text):
        if not "!" <= character <= "~" or character in '<>"{}|\\^`':
            raise DecodeError("URI", offset, f"{character!r} stands unescaped")


DECODERS: dict[str, Callable[[str], Any]] = {
    "base64": base64.decode,
    "bcrypt-rsakey-blob": lambda text: RsaKeyBlob.decode(base64.decode(text)),
    "pkcs10": lambda text: CertificationRequest.decode(base64.decode(text)),
    "tpms-attest": lambda text: Attestation.decode(base64.decode(text)),
    "x509-certificate": lambda text: Certificate.decode(base64.decode(text), strict=False),
    "jwt": jose.Compact.decode,
    "guid": guid.decode,
    "sid": sid.Sid.decode,
    "uri": _absolute_uri,
}


@cache
def checker() -> FormatChecker:
    """A checker of exactly these formats; a value that is no text has every format (JSON Schema 7.2.2)."""
    found = FormatChecker(formats=())
    for name, decode in DECODERS.items():
        found.checks(name, raises=DecodeError)(_applied(decode))
    return found


def _applied(decode: Callable[[str], Any]) -> Callable[[object], bool]:
    def holds(value: object) -> bool:
        if isinstance(value, str):
            decode(value)
        return True

    return holds


def shown(value: object, width: int = 80) -> str:
    """A value of an answer in one short line, for a message."""
    text = json.dumps(value, ensure_ascii=True, default=repr)
    return text if len(text) <= width else text[: width - 1] + "…"
