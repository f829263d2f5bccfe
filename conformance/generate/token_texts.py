"""Bearer tokens altered as texts, and signed with what everybody knows: the second half of `tokens`.

The one rule: as there, a forgery is made of the run's own token and has one fault (RFC 7515 5.2, RFC 8725 2.1).
"""

from __future__ import annotations

import base64 as armour
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from conformance.codec import base64, der
from conformance.codec.jose import Compact
from conformance.codec.spki import AlgorithmIdentifier, SubjectPublicKeyInfo
from conformance.errors import DecodeError
from conformance.generate.faults.challenge import signed
from conformance.generate.tokens import Forgery

_SERVICE: Final = "join-service/"
_RSA: Final = "1.2.840.113549.1.1.1"
NOBODY: Final = "drs-conformance-nobody"


def texts(token: str) -> Iterator[Forgery]:
    """Tails, cuts, altered headers and a key of nobody; none of a token that is no JWS."""
    try:
        real = Compact.decode(token)
        header, claims = real.header, real.parts[1]
    except DecodeError:
        return
    if real.kind != "JWS":
        return
    first, second, third = token.split(".")
    for words, text in (
        ("a fourth part", f"{token}.AAAA"),
        ("words", f"{token} AAAA"),
        ("three octets more of signature", f"{token}AAAA"),
    ):
        yield Forgery(f"{_SERVICE}token-tail", f"the token has {words} behind it", text)
    for words, text in (
        ("lacks the last octets of its signature", token[:-8]),
        ("lacks its signature and the dot before it", f"{first}.{second}"),
        ("is its header alone", first),
    ):
        yield Forgery(f"{_SERVICE}token-truncated", f"the token {words}", text)
    for words, altered in (
        ("has a member more than was signed", {**header, "drs": True}),
        ("names a critical extension that nobody has", {**header, "crit": ["drs"], "drs": True}),
        ("names another key under its signature", {**header, "kid": NOBODY}),
    ):
        forged = f"{base64.encode_url(_json(altered))}.{second}.{third}"
        yield Forgery(f"{_SERVICE}token-header", f"the token's header {words}", forged)
    nobodys = signed({**header, "kid": NOBODY}, claims).encode()
    yield Forgery(
        f"{_SERVICE}token-key-unknown", "the token is signed with a key of the suite, by a kid of nobody", nobodys
    )


def of_public_keys(token: str, keys: Iterable[object]) -> Iterator[Forgery]:
    """The token as HS256, its secret the key of the JWKS that verifies it (RFC 7517): as PEM, DER and certificate."""
    try:
        real = Compact.decode(token)
        header = real.header
    except DecodeError:
        return
    for key in _verifying(header, keys):
        for words, secret in _secrets(key):
            yield Forgery(f"{_SERVICE}token-alg-hmac", f"the token is HS256 under {words}", _hmac(header, real, secret))


def _verifying(header: dict[str, Any], keys: Iterable[object]) -> list[dict[str, Any]]:
    """The key that the token names, or the first that is RSA."""
    rsa = [key for key in keys if isinstance(key, dict) and key.get("kty") == "RSA"]
    named = [key for key in rsa if key.get("kid") == header.get("kid")]
    return (named or rsa)[:1]


def _secrets(key: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    try:
        exponent, modulus = (int.from_bytes(base64.decode_url(str(key.get(name)))) for name in ("e", "n"))
    except DecodeError:
        return
    octets = der.sequence(der.integer(modulus), der.integer(exponent))
    spki = SubjectPublicKeyInfo(AlgorithmIdentifier(_RSA, der.null()), octets).encode()
    yield "the public key in DER", spki
    yield "the public key in PEM", _pem("PUBLIC KEY", spki)
    yield "the public key in PEM, its last line end left out", _pem("PUBLIC KEY", spki).rstrip()
    chain = key.get("x5c")
    if isinstance(chain, list) and chain and isinstance(chain[0], str):
        try:
            certificate = base64.decode(chain[0])
        except DecodeError:
            return
        yield "the certificate in PEM", _pem("CERTIFICATE", certificate)


def _pem(label: str, octets: bytes) -> bytes:
    """RFC 7468: lines of 64 characters."""
    text = armour.b64encode(octets).decode("ascii")
    lines = [text[place : place + 64] for place in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode("ascii")


def _hmac(header: dict[str, Any], real: Compact, secret: bytes) -> str:
    parts = [base64.encode_url(_json({**header, "alg": "HS256"})), base64.encode_url(real.parts[1])]
    message = ".".join(parts)
    mac = hmac.digest(secret, message.encode("ascii"), hashlib.sha256)
    return f"{message}.{base64.encode_url(mac)}"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
