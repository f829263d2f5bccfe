"""Defects of who knows what was spent only where, or only as, it was spent (2.1.1.1.1)."""

from __future__ import annotations

import binascii
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.server import csr

from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from conformance.codec.pkcs10 import CertificationRequest
    from conformance.server.behaviour import Behaviour
    from conformance.server.case import JoinCase
    from conformance.server.site import Site
    from conformance.server.store import Store

_GROUP = 4  # letters of base64, for three octets
_TO_STANDARD = str.maketrans("-_", "+/")


def _spending(honest: Behaviour, known_as: Callable[[JoinCase], Hashable]) -> Behaviour:
    """The behaviour that remembers a spent nonce as `known_as(join)`, and knows it again as that."""
    spent: set[Hashable] = set()
    now: list[Hashable] = []

    def stage(join: JoinCase) -> None:
        now[:] = [known_as(join)]
        dict(honest.accept_join.table)["nonce"](join)

    def spend(_store: Store, _digest: bytes) -> bool:
        fresh = now[0] not in spent
        spent.add(now[0])
        return fresh

    rules = honest.accept_nonce.without("unspent")
    return replace(
        honest, accept_join=honest.accept_join.changed("nonce", stage), accept_nonce=rules, spend_nonce=spend
    )


@defect(breaks={"join-request/csr-nonce-reused"})
def remembers_nonces_of_each_endpoint(honest: Behaviour) -> Behaviour:
    """Knows a spent nonce only at the endpoint where it was spent."""
    return _spending(honest, lambda join: (join.precreate, join.nonce))


@defect(breaks={"join-request/csr-nonce-reused"})
def remembers_nonces_by_their_extension(honest: Behaviour) -> Behaviour:
    """Remembers a spent nonce by the octets of its extension, whose string may be of another type."""
    return _spending(honest, lambda join: csr.nonce_extension(join.csr))


@defect(breaks={"join-request/csr-nonce-reused"})
def remembers_nonces_by_their_text(honest: Behaviour) -> Behaviour:
    """Reads the base64 of a nonce leniently, and remembers a spent one by the text that came."""
    texts: dict[str | None, str] = {}

    def find(request: CertificationRequest) -> str | None:
        text = honest.find_nonce(request)
        read = None if text is None else _leniently(text)
        texts[read] = text or ""
        return read

    return _spending(replace(honest, find_nonce=find), lambda join: texts[join.nonce])


def _leniently(text: str) -> str:
    """The one base64 text for what a reader that forgives finds in this one; the text where it finds nothing."""
    letters = text.strip().translate(_TO_STANDARD).rstrip("=")
    try:
        octets = binascii.a2b_base64(letters + "=" * (-len(letters) % _GROUP), strict_mode=True)
    except ValueError:
        return text
    return binascii.b2a_base64(octets, newline=False).decode("ascii")


@defect(breaks={"join-request/csr-nonce-reused"})
def gives_nonces_to_who_brings_them(honest: Behaviour) -> Behaviour:
    """Takes a nonce as often as it comes with the key that it came with first."""
    keys: dict[str | None, bytes] = {}
    now: list[JoinCase] = []

    def stage(join: JoinCase) -> None:
        now[:] = [join]
        dict(honest.accept_join.table)["nonce"](join)

    def spend(_store: Store, _digest: bytes) -> bool:
        return keys.setdefault(now[0].nonce, now[0].key_hash) == now[0].key_hash

    joins = honest.accept_join.changed("nonce", stage)
    return replace(honest, accept_join=joins, accept_nonce=honest.accept_nonce.without("unspent"), spend_nonce=spend)


@defect(breaks={"join-request/csr-nonce-reused"})
def forgets_nonces_beside_attributes(honest: Behaviour) -> Behaviour:
    """Knows no spent nonce again where the request has Attributes."""
    attributes = [False]

    def stage(join: JoinCase) -> None:
        attributes[:] = [join.has("/Attributes")]
        dict(honest.accept_join.table)["nonce"](join)

    def spend(store: Store, digest: bytes) -> bool:
        return honest.spend_nonce(store, digest) or attributes[0]

    return replace(
        honest,
        accept_join=honest.accept_join.changed("nonce", stage),
        accept_nonce=honest.accept_nonce.only("unspent", lambda _case: not attributes[0]),
        spend_nonce=spend,
    )


@defect(breaks={"join-request/challenge-single-use"})
def remembers_challenges_by_their_text(honest: Behaviour) -> Behaviour:
    """Reads the base64 of a challenge's signature leniently, and remembers a spent challenge by the text that came."""

    def read(text: str, site: Site) -> Mapping[str, Any]:
        signed, dot, signature = text.rpartition(".")
        plain = _leniently(signature).translate(str.maketrans("+/", "-_")).rstrip("=")
        return {**honest.read_challenge(signed + dot + plain, site), "jti": text}

    return replace(honest, read_challenge=read)
