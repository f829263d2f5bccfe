"""Defects in the answer to a join (2.1.1.1.2), but for what the certificate says."""

from __future__ import annotations

import hashlib
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.codec import base64

from .altering import good, in_array, is_join, joined, name_twice, replied, with_header
from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.server.behaviour import Behaviour


@defect(breaks={"join-answer/thumbprint-value"})
def takes_thumbprint_of_text(honest: Behaviour) -> Behaviour:
    """Takes the thumbprint of the certificate's base64 text in place of its DER."""

    def of_text(certificate: bytes) -> str:
        return hashlib.sha1(base64.encode(certificate).encode()).hexdigest().upper()  # noqa: S324 - the protocol's

    return replace(honest, thumbprint=of_text)


@defect(breaks={"join-answer/thumbprint-value"})
def takes_thumbprint_of_thumbprint(honest: Behaviour) -> Behaviour:
    """Takes the hash of the thumbprint, as the document's words have it."""

    def twice(certificate: bytes) -> str:
        return hashlib.sha1(hashlib.sha1(certificate).digest()).hexdigest().upper()  # noqa: S324 - the protocol's

    return replace(honest, thumbprint=twice)


@defect(breaks={"join-answer/thumbprint-form"}, hides={"join-answer/thumbprint-value"})
def takes_thumbprint_by_sha_256(honest: Behaviour) -> Behaviour:
    """Takes the SHA-256 of the certificate for its thumbprint."""
    return replace(honest, thumbprint=lambda certificate: hashlib.sha256(certificate).hexdigest().upper())


@defect(breaks={"join-answer/thumbprint-form"}, hides={"join-answer/thumbprint-value"})
def writes_thumbprint_in_base64(honest: Behaviour) -> Behaviour:
    """Writes the thumbprint in base64."""
    return replace(
        honest,
        thumbprint=lambda certificate: base64.encode(hashlib.sha1(certificate).digest()),  # noqa: S324 - the protocol's
    )


@defect(breaks={"join-answer/media-type"})
def answers_joins_as_text(honest: Behaviour) -> Behaviour:
    """Sends join answers as text/plain."""
    return replied(honest, good(is_join), with_header("Content-Type", "text/plain"))


@defect(breaks={"join-answer/unique-names"})
def names_members_of_answers_twice(honest: Behaviour) -> Behaviour:
    """Has a member twice in its answer, the first time as null."""
    return replied(honest, good(is_join), name_twice)


@defect(breaks={"join-answer/json", "device/join-endpoint"}, blinds=True)
def answers_joins_in_an_array(honest: Behaviour) -> Behaviour:
    """Puts the join answer's object into an array."""
    return replied(honest, good(is_join), in_array)


@defect(breaks={"join-answer/user"}, hides={"join-answer/upn", "join-answer/upn-value"})
def names_no_user(honest: Behaviour) -> Behaviour:
    """Leaves User out of its answer."""
    return joined(honest, lambda answer: answer.pop("User"))


@defect(breaks={"join-answer/upn"}, hides={"join-answer/upn-value"})
def names_no_upn(honest: Behaviour) -> Behaviour:
    """Leaves Upn out of User."""
    return joined(honest, lambda answer: answer["User"].pop("Upn"))


@defect(breaks={"join-answer/upn-value"})
def names_another_user(honest: Behaviour) -> Behaviour:
    """Names an administrator as the user of every device."""
    return joined(honest, lambda answer: answer["User"].update(Upn="administrator@contoso.example"))


@defect(breaks={"join-answer/thumbprint"}, hides={"join-answer/thumbprint-form", "join-answer/thumbprint-value"})
def sends_no_thumbprint(honest: Behaviour) -> Behaviour:
    """Leaves Thumbprint out of Certificate."""
    return joined(honest, lambda answer: answer["Certificate"].pop("Thumbprint"))


@defect(breaks={"join-answer/raw-body-base64"}, blinds=True)
def sends_certificates_in_lines(honest: Behaviour) -> Behaviour:
    """Breaks the base64 of the certificate into lines, as PEM has it."""

    def broken(answer: dict[str, Any]) -> None:
        certificate = answer["Certificate"]
        certificate["RawBody"] = "\n".join(textwrap.wrap(certificate["RawBody"], 64))

    return joined(honest, broken)


@defect(breaks={"join-answer/raw-body-nothing-after"})
def sends_its_ca_along(honest: Behaviour) -> Behaviour:
    """Sends a second certificate behind the device's in RawBody."""

    def both(answer: dict[str, Any]) -> None:
        octets = base64.decode(answer["Certificate"]["RawBody"])
        answer["Certificate"]["RawBody"] = base64.encode(octets + octets)

    return joined(honest, both)


@defect(breaks={"join-answer/certificate", "device/join-endpoint", "device/precreate-endpoint"}, blinds=True)
def sends_the_certificate_bare(honest: Behaviour) -> Behaviour:
    """Sends the certificate's text for Certificate, with no object around it."""
    return joined(honest, lambda answer: answer.update(Certificate=answer["Certificate"]["RawBody"]))


@defect(breaks={"join-answer/raw-body"}, blinds=True)
def sends_no_certificate(honest: Behaviour) -> Behaviour:
    """Leaves RawBody out of Certificate."""
    return joined(honest, lambda answer: answer["Certificate"].pop("RawBody"))


@defect(breaks={"join-answer/raw-body-certificate"}, blinds=True)
def sends_certificates_in_pem(honest: Behaviour) -> Behaviour:
    """Sends the base64 of a certificate's PEM text."""

    def armoured(answer: dict[str, Any]) -> None:
        certificate = answer["Certificate"]
        text = f"-----BEGIN CERTIFICATE-----\n{certificate['RawBody']}\n-----END CERTIFICATE-----\n"
        certificate["RawBody"] = base64.encode(text.encode())

    return joined(honest, armoured)


# --- MembershipChanges


def _changes(honest: Behaviour, change: Callable[[dict[str, Any]], object]) -> Behaviour:
    """The behaviour whose membership changes were each changed in place."""

    def each(answer: dict[str, Any]) -> None:
        for one in answer.get("MembershipChanges", []):
            change(one)

    return joined(honest, each)


@defect(breaks={"join-answer/membership-changes"})
def never_tells_members(honest: Behaviour) -> Behaviour:
    """Sends no MembershipChanges, asked for or not."""
    return joined(honest, lambda answer: answer.pop("MembershipChanges", None))


@defect(breaks={"join-answer/membership-changes"})
def tells_members_of_joined_devices_only(honest: Behaviour) -> Behaviour:
    """Sends no MembershipChanges for a registered device, though asked to."""

    def document(made: Any) -> dict[str, Any]:
        answer = dict(honest.join_document(made))
        if made.case.join_type == 4:  # noqa: PLR2004 - "Azure AD register"
            answer.pop("MembershipChanges", None)
        return answer

    return replace(honest, join_document=document)


@defect(breaks={"join-answer/membership-changes-array"})
def tells_members_in_an_object(honest: Behaviour) -> Behaviour:
    """Sends the one membership change without an array around it."""

    def bare(answer: dict[str, Any]) -> None:
        if "MembershipChanges" in answer:
            answer["MembershipChanges"] = answer["MembershipChanges"][0]

    return joined(honest, bare)


@defect(breaks={"join-answer/local-sid"})
def names_no_local_group(honest: Behaviour) -> Behaviour:
    """Leaves LocalSID out of a membership change."""
    return _changes(honest, lambda one: one.pop("LocalSID"))


@defect(breaks={"join-answer/local-sid-form"})
def names_the_local_group_in_words(honest: Behaviour) -> Behaviour:
    """Names the local group `Administrators` in place of its SID."""
    return _changes(honest, lambda one: one.update(LocalSID="Administrators"))


@defect(breaks={"join-answer/add-sids"})
def names_no_new_members(honest: Behaviour) -> Behaviour:
    """Leaves AddSIDs out of a membership change."""
    return _changes(honest, lambda one: one.pop("AddSIDs"))


@defect(breaks={"join-answer/add-sids-form"})
def names_new_members_by_guid(honest: Behaviour) -> Behaviour:
    """Names new members by the GUIDs of their objects in place of their SIDs."""
    return _changes(honest, lambda one: one.update(AddSIDs=["b8456c59-1230-44c7-a4a2-99b085333e84"]))
