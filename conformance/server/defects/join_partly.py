"""Defects of who keeps a rule for some join requests only, or keeps it in part (2.1.1.1.1)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.codec import NONCE_OID
from conformance.server import csr, nonces
from conformance.server.refusal import Refusal

from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.codec.pkcs10 import CertificationRequest
    from conformance.server.behaviour import Behaviour
    from conformance.server.case import JoinCase
    from conformance.server.rules import Rules
    from conformance.server.site import Site, Tenant
    from conformance.server.store import Store

REGISTER, HYBRID = 4, 6  # of the JoinType table
# DigestInfo of SHA-256 up to the hash (RFC 8017 9.2, note 1), with the octet that ends the padding
_SAID = bytes.fromhex("003031300d060960864801650304020105000420")


def _requests(honest: Behaviour, when: Callable[[JoinCase], bool], rules: Rules[CertificationRequest]) -> Behaviour:
    """The behaviour that holds the certificate requests of some joins to other rules."""

    def stage(join: JoinCase) -> None:
        (rules if when(join) else honest.accept_csr)(join.csr)

    return replace(honest, accept_join=honest.accept_join.changed("csr", stage))


@defect(breaks={"join-request/csr-cn"})
def takes_any_subject_of_hybrid_devices(honest: Behaviour) -> Behaviour:
    """Does not look at the subject of a certificate request where JoinType is 6."""
    return _requests(honest, lambda join: join.join_type == HYBRID, honest.accept_csr.without("subject"))


@defect(breaks={"join-request/csr-signature"})
def trusts_devices_to_be_used_again(honest: Behaviour) -> Behaviour:
    """Does not verify the signature of a certificate request where ReuseDevice is true."""
    rules = honest.accept_csr.without("proof-of-possession")
    return _requests(honest, lambda join: join.flag("ReuseDevice"), rules)


@defect(breaks={"join-request/csr-signature"})
def trusts_shared_devices(honest: Behaviour) -> Behaviour:
    """Does not verify the signature of a certificate request where SharedDevice is true."""
    rules = honest.accept_csr.without("proof-of-possession")
    return _requests(honest, lambda join: join.flag("SharedDevice"), rules)


@defect(breaks={"join-request/csr-signature"})
def trusts_devices_of_other_types(honest: Behaviour) -> Behaviour:
    """Verifies the signature of a certificate request only where JoinType is 0, 4 or 6."""
    rules = honest.accept_csr.without("proof-of-possession")
    return _requests(honest, lambda join: join.join_type not in {0, REGISTER, HYBRID}, rules)


@defect(breaks={"device/precreate-same-body"})
def precreates_by_any_subject(honest: Behaviour) -> Behaviour:
    """Does not look at the subject of a certificate request at the PrecreateEndpoint."""
    return _requests(honest, lambda join: join.precreate, honest.accept_csr.without("subject"))


@defect(breaks={"join-request/challenge-at-precreate-only"})
def joins_with_a_good_challenge(honest: Behaviour) -> Behaviour:
    """Verifies a challenge at the JoinEndpoint, where it does not belong, and takes a good one."""
    return replace(honest, accept_join=honest.accept_join.only("endpoint", lambda join: join.precreate))


# --- nonces


@defect(breaks={"join-request/csr-nonce-reused"})
def spends_nonces_of_registered_devices_only(honest: Behaviour) -> Behaviour:
    """Knows a used nonce only where JoinType is 4."""
    of_type: list[int] = []

    def stage(join: JoinCase) -> None:
        of_type[:] = [join.join_type]
        dict(honest.accept_join.table)["nonce"](join)

    def spend(store: Store, digest: bytes) -> bool:
        return honest.spend_nonce(store, digest) or of_type != [REGISTER]

    def unspent(case: nonces.NonceCase) -> None:
        if of_type == [REGISTER]:
            dict(honest.accept_nonce.table)["unspent"](case)

    rules = honest.accept_nonce.changed("unspent", unspent)
    return replace(
        honest, accept_join=honest.accept_join.changed("nonce", stage), accept_nonce=rules, spend_nonce=spend
    )


def _knowing(honest: Behaviour, known: Callable[[str, str], bool]) -> Behaviour:
    """The behaviour that takes a text for the nonce it gave for which `known(given, text)` holds."""
    every: list[str] = []

    def give(site: Site, tenant: Tenant) -> str:
        every.append(honest.nonce_value(site, tenant))
        return every[-1]

    def find(request: CertificationRequest) -> str | None:
        text = honest.find_nonce(request)
        return text and next((given for given in every if known(given, text)), text)

    return replace(honest, nonce_value=give, find_nonce=find)


@defect(breaks={"join-request/csr-nonce-foreign"})
def knows_nonces_without_case(honest: Behaviour) -> Behaviour:
    """Looks a nonce up without case, as many databases compare texts."""
    return _knowing(honest, lambda given, text: given.lower() == text.lower())


@defect(breaks={"join-request/csr-nonce-foreign"})
def compares_the_middle_of_nonces(honest: Behaviour) -> Behaviour:
    """Compares the middle of a nonce, as who reads its parts and verifies no seal does."""

    def middle(nonce: str) -> str:
        return nonce[len(nonce) // 3 : -len(nonce) // 3]

    return _knowing(honest, lambda given, text: len(given) == len(text) and middle(given) == middle(text))


@defect(breaks={"join-request/csr-nonce-foreign"})
def compares_nonces_as_far_as_they_go(honest: Behaviour) -> Behaviour:
    """Compares a nonce with those it gave only as far as the one that came goes."""
    return _knowing(honest, lambda given, text: given.startswith(text))


@defect(breaks={"join-request/csr-nonce-foreign"})
def drops_what_follows_a_nonce(honest: Behaviour) -> Behaviour:
    """Compares as many characters of a nonce as the one it gave has."""
    return _knowing(honest, lambda given, text: text.startswith(given))


def _overlooking(honest: Behaviour, unseen: Callable[[CertificationRequest], bool]) -> Behaviour:
    """The behaviour that finds no nonce in some certificate requests."""

    def find(request: CertificationRequest) -> str | None:
        return None if csr.nonce_extension(request) is None or unseen(request) else honest.find_nonce(request)

    return replace(honest, find_nonce=find)


@defect(breaks={"join-request/csr-nonce-foreign"})
def looks_for_nonces_in_the_first_attribute(honest: Behaviour) -> Behaviour:
    """Finds a nonce only where what it stands in is the first attribute of the certificate request."""
    return _overlooking(honest, lambda request: request.info.attributes[0].oid != csr.EXTENSION_REQUEST)


@defect(breaks={"join-request/csr-nonce-foreign"})
def looks_for_nonces_in_the_first_extension(honest: Behaviour) -> Behaviour:
    """Finds a nonce only where it is the first extension that the certificate request asks for."""
    return _overlooking(honest, lambda request: csr.extensions(request)[0].oid != NONCE_OID)


@defect(breaks={"join-request/csr-nonce-foreign"})
def overlooks_critical_nonces(honest: Behaviour) -> Behaviour:
    """Finds no nonce whose extension is critical."""
    return _overlooking(
        honest, lambda request: any(one.oid == NONCE_OID and one.critical for one in csr.extensions(request))
    )


# --- signatures


def _verifying(honest: Behaviour, holds: Callable[[bytes, bytes], bool]) -> Behaviour:
    """The behaviour for which a signature holds whose block does so with the hash of what was signed."""

    def verify(request: CertificationRequest) -> None:
        modulus, exponent = request.info.public_key.rsa()
        size = (modulus.bit_length() + 7) // 8
        number = int.from_bytes(request.signature)
        block = pow(number, exponent, modulus).to_bytes(size)
        if len(request.signature) != size or number >= modulus:
            raise Refusal(f"{csr.NAME}: the signature is no number below the modulus.")
        if not holds(block, hashlib.sha256(request.tbs).digest()):
            raise Refusal(f"{csr.NAME}: the signature does not hold.")

    return replace(honest, accept_csr=honest.accept_csr.changed("proof-of-possession", verify))


@defect(breaks={"join-request/csr-signature"})
def does_not_look_at_padding(honest: Behaviour) -> Behaviour:
    """Verifies the hash at the end of a signature, and not what stands before it."""
    return _verifying(honest, lambda block, digest: block.endswith(_SAID + digest))


@defect(breaks={"join-request/csr-signature"})
def reads_the_hash_where_padding_ends(honest: Behaviour) -> Behaviour:
    """Reads the hash of a signature behind its padding, however short that is, and nothing that follows it."""

    def holds(block: bytes, digest: bytes) -> bool:
        return block.startswith(b"\0\1\xff") and block[2:].lstrip(b"\xff").startswith(_SAID + digest)

    return _verifying(honest, holds)
