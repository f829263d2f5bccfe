"""What a device certificate lets its key do: BasicConstraints, KeyUsage and ExtendedKeyUsage (RFC 5280 4.2.1).

The one rule: an extension that is not there forbids nothing and breaks nothing; one that is there and cannot be read is
a finding of the strictest requirement that rests on it, and of that alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from conformance.checks.judgement import Judgement, Notes
from conformance.codec import extension
from conformance.codec.extension import BASIC_CONSTRAINTS, CLIENT_AUTH, EXTENDED_KEY_USAGE, KEY_USAGE, Extension
from conformance.codec.x509 import Certificate
from conformance.errors import DecodeError

ANY_PURPOSE: Final = "2.5.29.37.0"
_PREFIX: Final = "join-answer/certificate-"
_WHERE: Final = "/Certificate/RawBody"

T = TypeVar("T")


def judge(certificate: Certificate) -> Judgement:
    """The device key is for proving the device, and for signing no certificates."""
    notes = Notes()
    _constraints(certificate, notes)
    _usages(certificate, notes)
    _purposes(certificate, notes)
    return notes.judgement()


def _constraints(certificate: Certificate, notes: Notes) -> None:
    found, problem = _each(certificate, BASIC_CONSTRAINTS, lambda one: extension.basic_constraints(one, strict=False))
    if any(one.ca for one in found):
        problem = "says that the device is a CA"
    notes.hold(f"{_PREFIX}not-a-ca", not problem, problem, f"{_WHERE}, BasicConstraints")


def _usages(certificate: Certificate, notes: Notes) -> None:
    where = f"{_WHERE}, KeyUsage"
    found, problem = _each(certificate, KEY_USAGE, lambda one: extension.key_usage(one, strict=False))
    unreadable = bool(problem)
    if signing := sorted({usage for one in found for usage in one} & {"keyCertSign", "cRLSign"}):
        problem = f"allows {' and '.join(signing)}"
    notes.hold(f"{_PREFIX}no-key-cert-sign", not problem, problem, where)
    if not unreadable:
        proves = all("digitalSignature" in one for one in found)
        problem = f"allows {', '.join(sorted(found[0])) or 'nothing'} and no digitalSignature" if found else ""
        notes.hold(f"{_PREFIX}digital-signature", proves, problem, where)


def _purposes(certificate: Certificate, notes: Notes) -> None:
    found, problem = _each(certificate, EXTENDED_KEY_USAGE, lambda one: extension.extended_key_usage(one, strict=False))
    if not all({CLIENT_AUTH, ANY_PURPOSE} & set(one) for one in found):
        problem = f"has the purposes {', '.join(found[0][:5]) or '(none)'}, and no clientAuth"
    notes.hold(f"{_PREFIX}client-auth", not problem, problem, f"{_WHERE}, ExtendedKeyUsage")


def _each(certificate: Certificate, oid: str, read: Callable[[Extension], T]) -> tuple[list[T], str]:
    """What every extension of a type says, and why one of them could not be read."""
    found, problem = [], ""
    for one in certificate.extensions:
        if one.oid == oid:
            try:
                found.append(read(one))
            except DecodeError as error:
                problem = f"cannot be read: {error}"
    return found, problem
