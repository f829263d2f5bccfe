"""The kinds of structure `inspect` knows: how each is dissected, and what the catalogue says of it.

The one rule: a remark is a requirement's own words; the rule beside it only tells whether they hold of what is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from conformance.cli import inspect_certificate, inspect_csr, inspect_others
from conformance.codec import dissect
from conformance.errors import DecodeError
from conformance.spec import Level, catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.cli.inspect_input import Input
    from conformance.cli.inspect_rules import Rule
    from conformance.codec.dissect import Dissection


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of structure.

    `raw` is what its octets begin with, where base64 never does; `labels` its PEM labels; `structure` and `trailing`
    the requirements that a fault of its shape and octets behind it speak of; `canonical` that of its base64,
    `loose` that of what only a lenient reading reads; `at_fault` names another requirement for some faults of shape;
    `text` is whether the structure itself is text.
    """

    title: str
    dissect: Callable[[bytes], Dissection]
    rules: tuple[Rule, ...]
    raw: bytes
    labels: tuple[str, ...]
    structure: str = ""
    trailing: str = ""
    canonical: str = ""
    loose: str = ""
    at_fault: Callable[[DecodeError], str] | None = None
    text: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """What the catalogue says at a row's `key`, and whether it holds; `words` is the whole line, fit for a terminal."""

    key: str
    words: str
    holds: bool | None


KINDS: Final = {
    "csr": Kind(
        "certificate request",
        dissect.request,
        inspect_csr.RULES,
        b"0",
        ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
        "join-request/csr-structure",
        "join-request/csr-trailing",
        "join-request/csr-base64-canonical",
        "join-request/csr-der",
    ),
    "transport-key": Kind(
        "transport key (BCRYPT_RSAKEY_BLOB)",
        dissect.transport_key,
        inspect_others.TRANSPORT_KEY,
        b"RSA",
        ("BCRYPT RSAKEY BLOB",),
        "join-request/transport-key-header",
        "",
        "join-request/transport-key-base64-canonical",
    ),
    "certificate": Kind(
        "certificate",
        dissect.certificate,
        inspect_certificate.RULES,
        b"0",
        ("CERTIFICATE", "X509 CERTIFICATE"),
        "join-answer/raw-body-certificate",
        "join-answer/raw-body-nothing-after",
        "join-answer/raw-body-base64",
        "join-answer/raw-body-certificate",
    ),
    "attestation": Kind(
        "attestation (TPMS_ATTEST)",
        dissect.attestation,
        inspect_others.ATTESTATION,
        b"\xff",
        (),
        "join-request/attestation-structure",
        "join-request/attestation-trailing",
        "join-request/attestation-base64",
        at_fault=inspect_others.attestation_fault,
    ),
    "nonce": Kind("nonce", dissect.nonce, inspect_others.NONCE, b"eyJ", (), canonical="nonce/value-base64", text=True),
}


def remarks(kind: Kind, given: Input, dissection: Dissection) -> tuple[Remark, ...]:
    """What the catalogue says of a dissection, rule by rule; a rule that cannot be told from it says nothing."""
    top = dissection.rows[0].key if dissection.rows else ""
    record, shape = _of_shape(kind, top, given.data, dissection)
    found = [shape]
    if kind.canonical and given.form == "base64":
        found.append(_remark(kind.canonical, top, given.fault is None, str(given.fault or "")))
    if kind.loose and dissection.loose:
        found.append(_remark(kind.loose, top, False, str(dissection.loose)))
    if record is not None:
        found += [_of_rule(rule, record) for rule in kind.rules]
    return tuple(remark for remark in found if remark is not None)


def _of_rule(rule: Rule, record: Any) -> Remark | None:
    try:
        holds = rule.holds(record)
    except DecodeError:
        return None
    return None if holds is None else _remark(rule.says, rule.key, holds)


def _of_shape(kind: Kind, top: str, data: bytes, dissection: Dissection) -> tuple[Any, Remark | None]:
    """The record to speak of, and the remark on its shape: a structure that is whole before the fault has a tail."""
    fault = dissection.fault
    if fault is None:
        return dissection.record, _remark(kind.structure, top, True) if kind.structure else None
    whole = kind.dissect(data[: fault.offset]) if kind.trailing and fault.offset < len(data) else None
    if whole is not None and whole.fault is None:
        return whole.record, _remark(kind.trailing, "unread", False, str(fault))
    if dissection.record is not None:
        return dissection.record, _remark(kind.structure, top, True)
    return None, _remark(kind.at_fault(fault) if kind.at_fault else kind.structure, top, False, str(fault))


def _remark(says: str, key: str, holds: bool, why: str = "") -> Remark | None:
    book = catalogue()
    because = f" ({why})" if why else ""
    if says in book.ambiguities:
        ambiguity = book.ambiguities[says]
        return Remark(key, f"{says}: {ambiguity.title}. {ambiguity.settled}", None) if holds else None
    requirement = book.requirements[says]
    rests = f"'{requirement.quote}'" if requirement.quote else f"[{requirement.reference}]"
    if requirement.level is Level.MAY:
        return Remark(key, f"{says}: {requirement.title} - {'seen' if holds else 'not seen'}{because}", None)
    verdict = "holds" if holds else "does not hold"
    return Remark(key, f"{says}: {requirement.level}, {requirement.title} - {verdict}{because} {rests}", holds)
