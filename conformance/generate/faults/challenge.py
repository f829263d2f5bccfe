"""Challenges where they do not belong, and challenges that are none (MS-DRS 2.1.1.1.1; RFC 7519, RFC 7515, RFC 8725).

The one rule: a fault of a challenge is made in the draft's own, which a server issued; what goes to the JoinEndpoint
need not be a server's, since a request with any challenge is refused there. Whether an edit is sent to the JoinEndpoint
or the PrecreateEndpoint follows from what its requirement needs.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from conformance.codec import base64
from conformance.codec.jose import Compact
from conformance.errors import DecodeError
from conformance.generate import keys, signing
from conformance.generate.edits import CHALLENGE, Edit, Layer, drop, put

if TYPE_CHECKING:
    from collections.abc import Callable

AT_JOIN: Final = "join-request/challenge-at-precreate-only"
NEEDED: Final = "device/precreate-challenge-required"
STRUCTURE: Final = "join-request/challenge-structure"
SIGNATURE: Final = "join-request/challenge-signature"
UNSIGNED: Final = "join-request/challenge-unsigned"
MEMBER: Final = CHALLENGE[1:]


def _octets(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def signed(header: dict[str, Any], claims: bytes) -> Compact:
    """A JWS that a key of the pool signs with RS256, whatever its header says."""
    parts = (_octets(header), claims)
    message = ".".join(map(base64.encode_url, parts)).encode("ascii")
    return Compact("JWS", (*parts, signing.sign(keys.nth(0), signing.SHA256_RSA, message)))


@cache
def made_up() -> str:
    """A JWT of the suite's making: well-formed, rightly signed, and by nobody a server knows."""
    return signed({"alg": "RS256", "typ": "JWT"}, _octets({"iss": "drs-conformance", "exp": 4102444800})).encode()


@cache
def made_up_jwe() -> str:
    """A compact JWE (RFC 7516 7.1) whose five parts are there and hold nothing: no key was ever used for it."""
    header = _octets({"alg": "RSA-OAEP-256", "enc": "A256GCM", "typ": "JWT"})
    return Compact("JWE", (header, b"\xf1" * 256, bytes(12), b"\xf1" * 64, bytes(16))).encode()


def _edit(requirement: str, name: str, title: str, change: Callable[[Compact], Compact | str]) -> Edit:
    """An edit of the draft's challenge; of a made-up one where it has none, so that a fault is there all the same."""

    def changed(document: Any) -> Any:
        try:
            token = Compact.decode(document.get(MEMBER, made_up()))
        except DecodeError:  # a server's challenge that is no compact JOSE is its own affair
            token = Compact.decode(made_up())
        after = change(token)
        return {**document, MEMBER: after if isinstance(after, str) else after.encode()}

    return Edit(requirement, name, title, Layer.JSON_VALUE, CHALLENGE, changed)


def _with_part(index: int, change: Callable[[bytes], bytes]) -> Callable[[Compact], Compact]:
    def changed(token: Compact) -> Compact:
        parts = list(token.parts)
        parts[index] = change(parts[index])
        return replace(token, parts=tuple(parts))

    return changed


def _with_claim(token: Compact) -> Compact:
    """The claims with one more; a part that holds no claims has a bit turned instead."""
    try:
        claims = _octets({**token.claims, "drs_conformance": True})
    except DecodeError:
        claims = _flipped(token.parts[1])
    return replace(token, parts=(token.parts[0], claims, *token.parts[2:]))


def _flipped(octets: bytes) -> bytes:
    return bytes([octets[0] ^ 1]) + octets[1:] if octets else b"\0"


def _without_algorithm(name: str) -> Callable[[Compact], Compact]:
    return lambda token: Compact("JWS", (_octets({**token.header, "alg": name}), token.parts[1], b""))


_STRUCTURE = tuple(
    _edit(STRUCTURE, name, title, change)
    for name, title, change in (
        ("word", "The challenge is a word.", lambda _: "challenge"),
        ("empty", "The challenge is an empty text.", lambda _: ""),
        ("two-parts", "The challenge lacks its last part.", lambda token: token.encode().rpartition(".")[0]),
        ("four-parts", "The challenge has four parts.", lambda token: token.encode() + ".AAAA"),
        ("jwe", "The challenge is a JWE, whose claims nobody could read.", lambda _: made_up_jwe()),
        ("header-no-base64url", "The challenge's header is no base64url.", lambda token: "!" + token.encode()),
        ("header-no-json", "The challenge's header is no JSON.", _with_part(0, lambda _: b"header")),
        ("payload-no-json", "The challenge's payload is no JSON.", _with_part(1, lambda _: b"payload")),
    )
)

_SIGNATURE = tuple(
    _edit(SIGNATURE, name, title, change)
    for name, title, change in (
        ("bit-turned", "A bit of the challenge's signature is turned.", _with_part(-1, _flipped)),
        ("claims-altered", "The challenge has one claim more than was signed.", _with_claim),
        (
            "another-key",
            "The challenge is signed anew with a key of the suite.",
            lambda t: signed(t.header, t.parts[1]),
        ),
    )
)

_UNSIGNED = tuple(
    _edit(UNSIGNED, name, f"The challenge has {words} and an empty signature.", change)
    for name, words, change in (
        ("none", "alg none", _without_algorithm("none")),
        ("none-capital", "alg NONE", _without_algorithm("NONE")),
        ("algorithm-kept", "the algorithm it had", _with_part(-1, lambda _: b"")),
    )
)

FAULTS: Final = (
    put(
        AT_JOIN,
        "made-up",
        "A JWT of the suite's making is sent as challenge to the JoinEndpoint.",
        CHALLENGE,
        made_up(),
    ),
    drop(NEEDED, "missing", "The challenge is left out at the PrecreateEndpoint.", CHALLENGE),
    *_STRUCTURE,
    *_SIGNATURE,
    *_UNSIGNED,
)
