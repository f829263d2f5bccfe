"""Bearer tokens that must not open a service: what a real one becomes in hands that lack the issuer's key.

The one rule: a forgery is made of the run's own token, so that everything but its one fault is as the target issued it
(RFC 7515, RFC 7519; attacks as RFC 8725 section 2 lists them). A token that is no JWT can only be garbled.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from conformance.codec import base64
from conformance.codec.jose import Compact
from conformance.errors import DecodeError
from conformance.generate import keys
from conformance.generate.faults.challenge import signed

GARBAGE: Final = "bm90LWEtdG9rZW4tYnV0LWEtd29yZA"
_SERVICE: Final = "join-service/"


@dataclass(frozen=True, slots=True)
class Forgery:
    """A token that must be refused: the requirement that says so, and what is wrong with it."""

    requirement: str
    title: str
    token: str = field(repr=False)


def forgeries(token: str) -> Iterator[Forgery]:
    """Every forgery that can be made of a token; those of a JWT's parts only where it is one."""
    yield Forgery(f"{_SERVICE}garbage-token", "the bearer token is no JWT", GARBAGE)
    try:
        real = Compact.decode(token)
        claims = real.claims
    except DecodeError:
        return
    for name, title, forged in _of(real, claims):
        yield Forgery(_SERVICE + name, title, forged.encode())
    signed, dot, signature = token.rpartition(".")
    swapped = signature[:-1].swapcase() + signature[-1:]  # whose last letter has bits of no octet
    if swapped != signature:
        title = "the token's signature has its letters in the other case"
        yield Forgery(f"{_SERVICE}token-signature", title, signed + dot + swapped)


def _of(real: Compact, claims: dict[str, Any]) -> Iterator[tuple[str, str, Compact]]:
    header, payload, signature = real.header, real.parts[1], real.parts[-1]
    yield "token-signature", "the token's signature has its first bit turned", _with(real, -1, _flipped(signature))
    yield "token-signature", "the token's signature has its last bit turned", _with(real, -1, _flipped(signature, -1))
    yield "token-claims", "the token has a claim more than was signed", _with(real, 1, _json({**claims, "drs": True}))
    for name, value in (("upn", "administrator@contoso.example"), ("exp", 4_102_444_800)):
        if claims.get(name) != value:
            altered = _json({**claims, name: value})
            yield "token-claims", f"the token's claim {name} is altered under its signature", _with(real, 1, altered)
    yield "token-unsigned", "the token has an empty signature", _with(real, -1, b"")
    for algorithm in ("none", "None", "NONE"):
        plain = Compact("JWS", (_json({**header, "alg": algorithm}), payload, b""))
        yield "token-alg-none", f"the token's header says alg {algorithm}, its signature is empty", plain
    yield "token-alg-hmac", "the token is signed as HS256 with an empty secret", _hmac(header, payload)
    yield "token-own-key", "the token is signed anew with a key of the suite", signed(header, payload)
    embedded = {**header, "jwk": _jwk()}
    yield (
        "token-embedded-key",
        "the token is signed with a key of the suite that its header brings along",
        signed(embedded, payload),
    )


def _with(real: Compact, index: int, octets: bytes) -> Compact:
    parts = list(real.parts)
    parts[index] = octets
    return replace(real, parts=tuple(parts))


def _flipped(octets: bytes, place: int = 0) -> bytes:
    changed = bytearray(octets or b"\0")
    changed[place] ^= 0x80 if place == 0 else 1
    return bytes(changed)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _hmac(header: dict[str, Any], payload: bytes) -> Compact:
    parts = (_json({**header, "alg": "HS256"}), payload)
    message = ".".join(map(base64.encode_url, parts)).encode("ascii")
    return Compact("JWS", (*parts, hmac.digest(b"", message, hashlib.sha256)))


def _jwk() -> dict[str, str]:
    exponent, modulus = keys.nth(0).rsa_numbers
    octets: Callable[[int], bytes] = lambda number: number.to_bytes((number.bit_length() + 7) // 8)  # noqa: E731
    return {"kty": "RSA", "n": base64.encode_url(octets(modulus)), "e": base64.encode_url(octets(exponent))}
