"""What the certificates of the field say beyond the document (field notes): seen, and never held against a target.

The one rule: every function but one gives observations only: `does` or `does not`, with what was found as evidence.
`agree` holds a certificate to itself: who says who the device is twice has to say the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from conformance.checks import names
from conformance.checks.again import recorded
from conformance.checks.judgement import Judgement, Notes
from conformance.codec import CSR_CN, der, guid
from conformance.codec.der import Element, tags
from conformance.codec.extension import BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, KEY_USAGE
from conformance.codec.name import common_names
from conformance.codec.x509 import PRIVATE_ARC, Certificate
from conformance.errors import DecodeError

PREFIX: Final = "field-services/"
DEVICE, USER, TENANT, JOIN_TYPE, REGION = 2, 3, 5, 7, 8
_PRIVATE: Final = (DEVICE, USER, TENANT, JOIN_TYPE, REGION)
AGREES: Final = "join-answer/certificate-agrees"
_KINDS: Final[Mapping[object, bytes]] = {4: b"0", 0: b"1"}  # registered and joined; of the other types nothing is known
_WHERE: Final = "/Certificate/RawBody"
_ISSUER: Final = "MS-Organization-Access"
_TEN_YEARS: Final = timedelta(days=3652)
_ABOUT: Final = timedelta(days=3)
_SHOWN: Final = 40
_EXTENSIONS: Final = {BASIC_CONSTRAINTS: "BasicConstraints", EXTENDED_KEY_USAGE: "EKU", KEY_USAGE: "KeyUsage"}


@recorded
def certificate(found: Certificate, at: datetime, tenant_id: str | None) -> Judgement:
    """The habits that one certificate shows; `tenant_id` is the GUID of the tenant where it is known."""
    notes = Notes()
    _names(found, notes)
    _lifetime(found, at, notes)
    critical = [
        name for oid, name in _EXTENSIONS.items() if any(one.oid == oid and one.critical for one in found.extensions)
    ]
    _see(notes, "certificate-critical", len(critical) == len(_EXTENSIONS), f"critical: {', '.join(critical) or 'none'}")
    _ids(found, tenant_id, notes)
    region = private(found, REGION)
    _see(notes, "certificate-region", region is not None, _octets(region))
    elements = {number: element for number in _PRIVATE if (element := private(found, number)) is not None}
    long = [f".{number}" for number, element in elements.items() if not element.minimal]
    _see(notes, "certificate-long-form", long, f"in the long form: {', '.join(long) or 'none'}, of {len(elements)}")
    return notes.judgement()


def _see(notes: Notes, name: str, does: object, evidence: str) -> None:
    notes.see(f"{PREFIX}{name}", "does" if does else "does not", evidence)


def _names(found: Certificate, notes: Notes) -> None:
    subject = found.subject
    cns = [names.text(part) for part in common_names(subject)]
    alone = len(cns) == 1 and [len(rdn) for rdn in subject] == [1]
    _see(notes, "certificate-subject-guid", alone and _is_lower_guid(cns[0]), names.shown(subject))
    issuer = found.issuer
    known = any(names.text(part) == _ISSUER for part in common_names(issuer))
    one = len(issuer) == 1 and len(issuer[0]) > 1
    _see(notes, "certificate-issuer", known and one, f"{names.shown(issuer)} in {len(issuer)} RDN")


def _lifetime(found: Certificate, at: datetime, notes: Notes) -> None:
    before, after = at - found.not_before, found.not_after - at
    minutes, days = round(before.total_seconds() / 60), after.days
    evidence = f"from {minutes} minutes before its issue until {days} days after it"
    _see(notes, "certificate-lifetime", abs(after - _TEN_YEARS) <= _ABOUT, evidence)


def _ids(found: Certificate, tenant_id: str | None, notes: Notes) -> None:
    device, user, tenant = (_guid(private(found, number)) for number in (DEVICE, USER, TENANT))
    cns = [names.text(part).lower() for part in common_names(found.subject)]
    _see(notes, "certificate-device-id", device is not None and str(device) in cns, str(device))
    _see(notes, "certificate-user-id", user is not None, str(user))
    ours = tenant is not None and (tenant_id is None or str(tenant) == tenant_id.lower())
    _see(notes, "certificate-tenant-id", ours, str(tenant))


def join_types(found: Mapping[int, Certificate]) -> Judgement:
    """What private extension .7 says for each JoinType."""
    notes = Notes()
    said = {join_type: private(one, JOIN_TYPE) for join_type, one in found.items()}
    evidence = "; ".join(f"JoinType {join_type}: {_octets(element)}" for join_type, element in said.items())
    _see(notes, "certificate-join-type", said and None not in said.values(), evidence)
    return notes.judgement()


def agree(found: Certificate, join_type: object, tenant_id: str | None) -> Judgement:
    """That private extensions contradict neither subject, tenant nor JoinType; nothing is said of what is not there.

    Nor of a subject that is the request's placeholder, which is a GUID and no device's.
    """
    notes = Notes()
    device, tenant = _guid(private(found, DEVICE)), _guid(private(found, TENANT))
    texts = [names.text(part).upper() for part in common_names(found.subject)]
    named = [text.lower() for text in texts if _is_guid(text)]
    if device is not None and named and CSR_CN not in texts:
        problem = f"says in .2 that the device is {device}, and its subject is {names.shown(found.subject)}"
        notes.hold(AGREES, str(device) in named, problem, f"{_WHERE}, {PRIVATE_ARC}{DEVICE}")
    if tenant is not None and tenant_id is not None:
        problem = f"says in .5 that the tenant is {tenant}, and {tenant_id} was asked for"
        notes.hold(AGREES, str(tenant) == tenant_id.lower(), problem, f"{_WHERE}, {PRIVATE_ARC}{TENANT}")
    kind = private(found, JOIN_TYPE)
    if kind is not None and kind.content in _KINDS.values() and join_type in _KINDS:
        problem = f"says {_octets(kind)} in .7 to JoinType {join_type}, which is {_octets_of(_KINDS[join_type])}"
        notes.hold(AGREES, kind.content == _KINDS[join_type], problem, f"{_WHERE}, {PRIVATE_ARC}{JOIN_TYPE}")
    return notes.judgement()


def private(found: Certificate, number: int) -> Element | None:
    """The inner OCTET STRING of a private extension; None where there is none, or where it holds something else."""
    one = found.find(f"{PRIVATE_ARC}{number}")
    try:
        return der.exact(one.value, tag=tags.OCTET_STRING, strict=False) if one else None
    except DecodeError:
        return None


def tenant_id(found: Certificate) -> uuid.UUID | None:
    """The tenant that a certificate names in private extension .5; None where it names none."""
    return _guid(private(found, TENANT))


def device_id(found: Certificate) -> uuid.UUID | None:
    """The device that a certificate is for: private extension .2, else the CN that is a GUID; None for neither."""
    device = _guid(private(found, DEVICE))
    texts = [names.text(part) for part in common_names(found.subject)]
    return device or next((guid.decode(text) for text in texts if _is_lower_guid(text.lower())), None)


def _guid(element: Element | None) -> uuid.UUID | None:
    """A GUID in Microsoft byte order; None for what is none."""
    return uuid.UUID(bytes_le=element.content) if element and len(element.content) == 16 else None  # noqa: PLR2004


def _octets(element: Element | None) -> str:
    return "none" if element is None else _octets_of(element.content)


def _octets_of(content: bytes) -> str:
    return ascii(content[:_SHOWN].decode("latin-1"))


def _is_guid(text: str) -> bool:
    try:
        guid.decode(text)
    except DecodeError:
        return False
    return True


def _is_lower_guid(text: str) -> bool:
    return _is_guid(text) and text == text.lower()
