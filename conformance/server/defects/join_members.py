"""Defects in the members of a join request (2.1.1.1.1): there or not, of which type, with which value."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.server.members import MISSING, Body, at
from conformance.server.refusal import Refusal

from .altering import asking, is_join
from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.server.asked import Asked
    from conformance.server.behaviour import Behaviour


def _without(honest: Behaviour, *names: str) -> Behaviour:
    return replace(honest, accept_members=honest.accept_members.without(*names))


def _refusing(honest: Behaviour, when: Callable[[Body], bool]) -> Behaviour:
    """The behaviour that refuses a join for what is allowed."""

    def check(body: Body) -> None:
        if when(body):
            raise Refusal("The request holds a value that is not supported here.")

    return replace(honest, accept_members=honest.accept_members.plus("unsupported", check))


def _recalling(honest: Behaviour, lacks: Callable[[Any], bool], *path: str) -> Behaviour:
    """The behaviour that puts the member of an earlier request where a request lacks it."""
    kept: list[Any] = []

    def recall(asked: Asked) -> Asked:
        try:
            body = json.loads(asked.body) if is_join(asked) else None
        except (ValueError, RecursionError):
            return asked
        holder = body
        for name in path[:-1]:
            holder = holder.get(name) if isinstance(holder, dict) else None
        if not isinstance(holder, dict):
            return asked
        if not lacks(holder.get(path[-1], MISSING)):
            kept[:] = [holder[path[-1]]] if path[-1] in holder and not kept else kept
            return asked
        if not kept:
            return asked
        holder[path[-1]] = kept[0]
        return replace(asked, body=json.dumps(body).encode())

    return asking(honest, recall)


def _is_missing(value: Any) -> bool:
    return value is MISSING


@defect(breaks={"join-request/transport-key-required"})
def recalls_a_transport_key(honest: Behaviour) -> Behaviour:
    """Registers a device without a transport key under that of an earlier one."""
    return _recalling(honest, _is_missing, "TransportKey")


@defect(breaks={"join-request/transport-key-type"})
def recalls_a_transport_key_for_no_text(honest: Behaviour) -> Behaviour:
    """Takes a transport key that is no text for one that was left out, and that for an earlier one."""
    return _recalling(honest, lambda value: value is not MISSING and not isinstance(value, str), "TransportKey")


@defect(breaks={"join-request/target-domain-required"})
def needs_no_target_domain(honest: Behaviour) -> Behaviour:
    """Takes a request without TargetDomain."""
    return _without(honest, "/TargetDomain required")


@defect(breaks={"join-request/device-type-required"})
def needs_no_device_type(honest: Behaviour) -> Behaviour:
    """Takes a request without DeviceType."""
    return _without(honest, "/DeviceType required")


@defect(breaks={"join-request/os-version-required"})
def needs_no_os_version(honest: Behaviour) -> Behaviour:
    """Takes a request without OSVersion."""
    return _without(honest, "/OSVersion required")


@defect(breaks={"join-request/display-name-required"})
def needs_no_display_name(honest: Behaviour) -> Behaviour:
    """Takes a request without DeviceDisplayName."""
    return _without(honest, "/DeviceDisplayName required")


@defect(breaks={"join-request/join-type-required"})
def needs_no_join_type(honest: Behaviour) -> Behaviour:
    """Takes a request without JoinType."""
    return _without(honest, "/JoinType required")


@defect(breaks={"join-request/csr-type-required"})
def needs_no_csr_type(honest: Behaviour) -> Behaviour:
    """Takes a certificate request without Type for PKCS#10."""
    return _without(honest, "/CertificateRequest/Type required")


@defect(breaks={"join-request/csr-type-string"})
def takes_any_json_for_csr_type(honest: Behaviour) -> Behaviour:
    """Compares CertificateRequest.Type only where it is a text."""
    return _without(honest, "/CertificateRequest/Type type")


@defect(breaks={"join-request/csr-type"})
def does_not_read_csr_type(honest: Behaviour) -> Behaviour:
    """Does not look at what CertificateRequest.Type says."""
    return _without(honest, "/CertificateRequest/Type value")


@defect(breaks={"join-request/csr-type"})
def reads_csr_type_by_its_beginning(honest: Behaviour) -> Behaviour:
    """Takes every Type that begins with `pkcs` for PKCS#10."""

    def check(body: Body) -> None:
        value = at(body, "/CertificateRequest/Type")
        if isinstance(value, str) and not value.startswith("pkcs"):
            raise Refusal("CertificateRequest.Type is not known.")

    return replace(honest, accept_members=honest.accept_members.changed("/CertificateRequest/Type value", check))


@defect(breaks={"join-request/target-domain-type"})
def takes_any_json_for_target_domain(honest: Behaviour) -> Behaviour:
    """Takes a TargetDomain of any JSON type."""
    return _without(honest, "/TargetDomain type")


@defect(breaks={"join-request/device-type-type"})
def takes_any_json_for_device_type(honest: Behaviour) -> Behaviour:
    """Takes a DeviceType of any JSON type."""
    return _without(honest, "/DeviceType type")


@defect(breaks={"join-request/os-version-type"})
def takes_any_json_for_os_version(honest: Behaviour) -> Behaviour:
    """Takes an OSVersion of any JSON type, a number among them."""
    return _without(honest, "/OSVersion type")


def _named_so(honest: Behaviour, when: Callable[[str], bool]) -> Behaviour:
    """The behaviour that refuses names for which this holds."""

    def unsupported(body: Body) -> bool:
        name = at(body, "/DeviceDisplayName")
        return isinstance(name, str) and when(name)

    return _refusing(honest, unsupported)


@defect(breaks={"join-request/display-name-unicode"})
def knows_ascii_names_only(honest: Behaviour) -> Behaviour:
    """Refuses a display name with a letter beyond ASCII."""
    return _named_so(honest, lambda name: not name.isascii())


@defect(breaks={"join-request/display-name-unicode"})
def knows_no_characters_beyond_16_bits(honest: Behaviour) -> Behaviour:
    """Refuses a display name with a character that UTF-16 writes as a pair."""
    return _named_so(honest, lambda name: any(ord(letter) > 0xFFFF for letter in name))  # noqa: PLR2004


@defect(breaks={"join-request/display-name-type"})
def takes_null_for_display_name(honest: Behaviour) -> Behaviour:
    """Takes null for a DeviceDisplayName."""
    rules = honest.accept_members.only(
        "/DeviceDisplayName type", lambda body: at(body, "/DeviceDisplayName") is not None
    )
    return replace(honest, accept_members=rules)


@defect(breaks={"join-request/join-type-type"})
def takes_texts_for_join_type(honest: Behaviour) -> Behaviour:
    """Takes the text "0" for the JoinType 0."""
    rules = honest.accept_members.only("/JoinType type", lambda body: not isinstance(at(body, "/JoinType"), str))
    return replace(honest, accept_members=rules)


@defect(breaks={"join-request/join-type-type"})
def takes_false_for_0(honest: Behaviour) -> Behaviour:
    """Takes false for the JoinType 0, as a language does in which they are equal."""
    return replace(
        honest,
        accept_members=honest.accept_members.only("/JoinType type", lambda body: at(body, "/JoinType") is not False),
    )


@defect(breaks={"join-request/join-type-defined"})
def takes_any_join_type(honest: Behaviour) -> Behaviour:
    """Takes every number for a JoinType."""
    return _without(honest, "/JoinType value")


@defect(breaks={"join-request/join-type-defined"})
def cuts_join_types_to_32_bits(honest: Behaviour) -> Behaviour:
    """Reads JoinType into 32 bits, so that 2^32 is 0."""
    value = dict(honest.accept_members.table)["/JoinType value"]

    def check(body: Body) -> None:
        given = at(body, "/JoinType")
        value({**body, "JoinType": given & 0xFFFFFFFF} if type(given) is int else body)

    return replace(honest, accept_members=honest.accept_members.changed("/JoinType value", check))


@defect(breaks={"join-request/join-type-defined"})
def drops_the_fraction_of_join_types(honest: Behaviour) -> Behaviour:
    """Reads a JoinType with a fraction as the whole number below it."""
    value = dict(honest.accept_members.table)["/JoinType value"]

    def check(body: Body) -> None:
        given = at(body, "/JoinType")
        value({**body, "JoinType": int(given)} if isinstance(given, float) else body)

    return replace(honest, accept_members=honest.accept_members.changed("/JoinType value", check))


@defect(breaks={"join-request/join-type-hybrid-join"})
def knows_no_hybrid_join(honest: Behaviour) -> Behaviour:
    """Refuses JoinType 6."""
    return _refusing(honest, lambda body: at(body, "/JoinType") == 6)  # noqa: PLR2004 - 2.1.1.1.1


@defect(breaks={"join-request/attributes-shared-device"})
def shares_no_devices(honest: Behaviour) -> Behaviour:
    """Refuses SharedDevice true."""
    return _refusing(honest, lambda body: at(body, "/Attributes/SharedDevice") is True)


@defect(breaks={"join-request/attributes-reuse-device"})
def reuses_no_devices(honest: Behaviour) -> Behaviour:
    """Refuses ReuseDevice, whatever it is."""
    return _refusing(honest, lambda body: at(body, "/Attributes/ReuseDevice") is not MISSING)


@defect(breaks={"join-request/attributes-object"})
def takes_any_json_for_attributes(honest: Behaviour) -> Behaviour:
    """Ignores Attributes where they are no object."""
    return _without(honest, "/Attributes type")


@defect(breaks={"join-request/attributes-reuse-device-type"})
def takes_any_json_for_reuse_device(honest: Behaviour) -> Behaviour:
    """Takes whatever is in ReuseDevice for a choice."""
    return _without(honest, "/Attributes/ReuseDevice type")


@defect(breaks={"join-request/attributes-shared-device-type"})
def takes_any_json_for_shared_device(honest: Behaviour) -> Behaviour:
    """Takes whatever is in SharedDevice for a choice."""
    return _without(honest, "/Attributes/SharedDevice type")


@defect(breaks={"join-request/body-object"})
def unwraps_an_array(honest: Behaviour) -> Behaviour:
    """Takes a request that stands in an array of one for the request itself."""

    def read(body: bytes) -> Any:
        value = honest.read_json(body)
        return value[0] if isinstance(value, list) and len(value) == 1 else value

    return replace(honest, read_json=read)
