"""Defects in what a join answer says twice, or in the notation of another standard (2.1.1.1.2, RFC 5280, MS-DTYP)."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.codec import der
from conformance.server import certificate
from conformance.server.refusal import Refusal
from conformance.server.rules import Rules

from .altering import discovered, good, is_join, joined, replied, with_header
from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.server.behaviour import Behaviour
    from conformance.server.case import JoinCase
    from conformance.server.certificate import Extension, Order


def _ordering(honest: Behaviour, change: Callable[[Order], Order]) -> Behaviour:
    """The behaviour that signs what `change` makes of the order."""
    return replace(honest, order=lambda order, holder, case: change(honest.order(order, holder, case)))


@defect(breaks={"join-answer/certificate-lint"})
def marks_key_identifiers_critical(honest: Behaviour) -> Behaviour:
    """Marks the authority key identifier of a certificate as critical, which RFC 5280 4.2.1.1 forbids."""
    return _ordering(honest, lambda order: _changed(order, "2.5.29.35", lambda one: replace(one, critical=True)))


@defect(breaks={"join-answer/certificate-lint"})
def names_alternatives_that_are_none(honest: Behaviour) -> Behaviour:
    """Has a subject alternative name that is no list of names."""
    names = certificate.Extension("2.5.29.17", der.utf8_string("device"))
    return _ordering(honest, lambda order: replace(order, extensions=(*order.extensions, names)))


def _changed(order: Order, oid: str, change: Callable[[Extension], Extension]) -> Order:
    """The order with that extension changed, in its place."""
    return replace(order, extensions=tuple(change(one) if one.oid == oid else one for one in order.extensions))


def _private(honest: Behaviour, number: int, content: bytes) -> Behaviour:
    """The behaviour that writes this into a private extension."""
    value = der.octet_string(content)
    oid = f"{certificate.PRIVATE}.{number}"
    return _ordering(honest, lambda order: _changed(order, oid, lambda one: replace(one, value=value)))


@defect(breaks={"join-answer/certificate-agrees"})
def writes_another_device_id_inside(honest: Behaviour) -> Behaviour:
    """Names another device in private extension .2 than in the subject."""
    return _private(honest, 2, bytes(range(16)))


@defect(breaks={"join-answer/certificate-agrees"})
def writes_guids_in_network_order(honest: Behaviour) -> Behaviour:
    """Writes the tenant id in private extension .5 in network byte order, where Windows has its own."""

    def change(order: Order, holder: Any, case: Any) -> Order:
        value = der.octet_string(holder.tenant.bytes)
        written = honest.order(order, holder, case)
        return _changed(written, f"{certificate.PRIVATE}.5", lambda one: replace(one, value=value))

    return replace(honest, order=change)


@defect(breaks={"join-service/token-tenant"})
def certifies_into_its_first_tenant(honest: Behaviour) -> Behaviour:
    """Names its first tenant in every certificate; a nonce of that keeps the users of others out, and none does not."""

    def change(order: Order, holder: Any, case: Any) -> Order:
        value = der.octet_string(uuid.UUID(case.site.tenants[0].tenant_id).bytes_le)
        written = honest.order(order, holder, case)
        return _changed(written, f"{certificate.PRIVATE}.5", lambda one: replace(one, value=value))

    return replace(honest, order=change)


@defect(breaks={"join-answer/certificate-agrees"})
def certifies_every_device_as_joined(honest: Behaviour) -> Behaviour:
    """Says in private extension .7 of a registered device that it is joined."""
    return _private(honest, 7, b"1")


@defect(breaks={"join-answer/object-id-sids"})
def cuts_the_sids_of_object_ids(honest: Behaviour) -> Behaviour:
    """Leaves the last number out of the SIDs that stand for objects of the directory."""

    def cut(answer: dict[str, Any]) -> None:
        for one in answer.get("MembershipChanges", []):
            one["AddSIDs"] = [sid.rpartition("-")[0] for sid in one["AddSIDs"]]

    return joined(honest, cut)


def _named(join: JoinCase) -> tuple[bytes, str]:
    """What a device is known by here: its key and the name that people read. Refusal where there is no key."""
    return join.key_hash, join.text("/DeviceDisplayName")


@defect(breaks={"processing/refusal-leaves-nothing"})
def keeps_half_of_what_it_refuses(honest: Behaviour) -> Behaviour:
    """Remembers the device of a request that it refused, and refuses it for that when it comes again."""
    begun: set[tuple[bytes, str]] = set()

    def accept(join: JoinCase) -> None:
        try:
            named = _named(join)
        except Refusal:
            return honest.accept_join(join)
        if named in begun:
            raise Refusal("The device exists already.", status=409)
        begun.add(named)
        honest.accept_join(join)
        begun.discard(named)
        return None

    return replace(honest, accept_join=Rules.of(all=accept))


@defect(breaks={"processing/refusal-leaves-nothing"})
def forgets_devices_by_refusals(honest: Behaviour) -> Behaviour:
    """Forgets a device that a refused request means to use again."""
    gone: set[tuple[bytes, str]] = set()

    def accept(join: JoinCase) -> None:
        try:
            honest.accept_join(join)
        except Refusal:
            if join.flag("ReuseDevice"):
                gone.add(_named(join))
            raise

    def reused(join: JoinCase) -> str | None:
        return None if _named(join) in gone else honest.reused_device(join)

    return replace(honest, accept_join=Rules.of(all=accept), reused_device=reused)


@defect(breaks={"discovery/endpoints-served"})
def names_a_key_endpoint_that_is_not_there(honest: Behaviour) -> Behaviour:
    """Names a KeyProvisionEndpoint at which there is nothing."""

    def change(services: dict[str, Any]) -> None:
        service = services["KeyProvisioningService"]
        service["KeyProvisionEndpoint"] = service["KeyProvisionEndpoint"].replace("/key", "/keys")

    return discovered(honest, change)


@defect(breaks={"processing/no-internals"})
def names_its_files_in_headers(honest: Behaviour) -> Behaviour:
    """Sends the path of the code that answered along with every device."""
    return replied(honest, good(is_join), with_header("X-Handler", "/srv/drs/handlers/join.py"))
