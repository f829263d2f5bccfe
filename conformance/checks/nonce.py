"""Nonce answers (3.2): the nonce, what is said with it, and what many nonces show together.

The one rule: to a client a nonce is opaque. It is held to its notation, to being new and to being hard to guess; what
is inside is observed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

from conformance.checks import schema, success
from conformance.checks.again import recorded
from conformance.checks.judgement import Judgement, Notes
from conformance.codec import base64
from conformance.codec.jose import Compact
from conformance.errors import DecodeError
from conformance.exchange import Exchange

SCHEMA: Final = "nonce-answer"
SHORTEST: Final = 16  # octets: 128 bits, which nobody guesses
NEAREST: Final = 8  # octets in which two nonces differ; a counter or a clock differs in fewer

_SPELLINGS: Final = {
    (True, False): "reponse-status",
    (False, True): "response-status",
    (True, True): "both",
    (False, False): "neither",
}


@recorded
def answer(exchange: Exchange) -> Judgement:
    """The answer as a whole: status, media type, JSON."""
    return success.judge(exchange, "nonce")[1]


@recorded
def members(exchange: Exchange) -> Judgement:
    """The nonce and what is said with it; the other spelling of ReponseStatus is observed, and no failure (A6)."""
    value, _ = success.judge(exchange, "nonce")
    if value is None:
        return Judgement()
    judged = schema.judge(SCHEMA, value)
    reading = _SPELLINGS["ReponseStatus" in value, "ResponseStatus" in value]
    notes = Notes()
    notes.see("A6", reading, f"the answer's members are {', '.join(schema.step(name) for name in sorted(value)[:5])}")
    if reading == "response-status":
        id_ = "nonce/response-status"
        findings = tuple(finding for finding in judged.findings if finding.requirement != id_)
        judged = Judgement(judged.checked - {id_}, findings)
    return judged + notes.judgement()


def value_of(exchange: Exchange) -> str | None:
    """The nonce; None where the answer holds none that a request can carry."""
    value = (success.judge(exchange, "nonce")[0] or {}).get("Value")
    if not isinstance(value, str) or not value:
        return None
    return None if any("\ud800" <= character <= "\udfff" for character in value) else value


@recorded
def unique(nonces: Sequence[str]) -> Judgement:
    """No nonce among these is there twice."""
    notes = Notes()
    if len(nonces) > 1:
        twice = next((nonce for place, nonce in enumerate(nonces) if nonce in nonces[:place]), None)
        times = nonces.count(twice) if twice is not None else 0
        problem = f"of {len(nonces)} nonces, one came {times} times: {ascii(twice)[:60]}"
        notes.hold("nonce/unique", twice is None, problem, "/Value")
    return notes.judgement()


@recorded
def unpredictable(nonces: Sequence[str]) -> Judgement:
    """No nonce is short, and no two that differ do so in a few octets only."""
    notes = Notes()
    octets = [_octets(nonce) for nonce in dict.fromkeys(nonces)]
    for octet in octets:
        problem = f"has {len(octet)} octets, fewer than {SHORTEST}: {octet.hex()}"
        notes.hold("nonce/unpredictable", len(octet) >= SHORTEST, problem, "/Value")
    near = next(((one, other) for one, other in combinations(octets, 2) if difference(one, other) < NEAREST), None)
    if near is not None:
        problem = (
            f"two nonces differ in {difference(*near)} of their octets: {near[0].hex()[:80]} and {near[1].hex()[:80]}"
        )
        notes.hold("nonce/unpredictable", False, problem, "/Value")
    return notes.judgement()


def _octets(nonce: str) -> bytes:
    try:
        return base64.decode(nonce)
    except DecodeError:
        return nonce.encode("utf-8", "surrogatepass")


def difference(one: bytes, other: bytes) -> int:
    """In how many octets two strings differ, those that one of them lacks included."""
    shared = min(len(one), len(other))
    mixed = int.from_bytes(one[:shared]) ^ int.from_bytes(other[:shared])
    same = mixed.to_bytes(shared).count(0)
    return shared - same + max(len(one), len(other)) - shared


@recorded
def not_stored(exchange: Exchange) -> Judgement:
    """A cache is told not to keep the answer (RFC 9111 5.2.2.5), or not to use it again unasked (5.2.2.4)."""
    notes = Notes()
    if exchange.answer is not None and value_of(exchange) is not None:
        values = [value for name, value in exchange.answer.headers if name.lower() == "cache-control"]
        directives = {part.partition("=")[0].strip().lower() for value in values for part in value.split(",")}
        problem = f"Cache-Control is {', '.join(values)[:80]!a}" if values else "the answer has no Cache-Control"
        notes.hold("nonce/not-stored", directives & {"no-store", "no-cache"}, problem, "Cache-Control")
    return notes.judgement()


@recorded
def inside(exchange: Exchange) -> Judgement:
    """Whether the nonce is base64 of a compact JWE, as the field's is."""
    notes = Notes()
    nonce = value_of(exchange)
    if nonce is not None:
        try:
            kind = Compact.decode(base64.decode(nonce).decode("latin-1")).kind
            notes.see(
                "field-services/nonce-jwe", "does" if kind == "JWE" else "does not", f"the nonce is a compact {kind}"
            )
        except DecodeError as error:
            notes.see("field-services/nonce-jwe", "does not", str(error))
    return notes.judgement()
