"""The device certificate of a join answer (2.1.1.1.2): where it ends, whose it is, who signed it, how long it is valid.

The one rule: a certificate is read from its own octets, leniently where the field is lenient, and each check speaks of
one requirement; what cannot be said of these octets is left unsaid.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from conformance.checks import names, purposes, signature
from conformance.checks.judgement import Judgement, Notes
from conformance.codec import CSR_CN, der
from conformance.codec.name import common_names
from conformance.codec.spki import RSA_ENCRYPTION, SubjectPublicKeyInfo
from conformance.codec.x509 import Certificate
from conformance.errors import DecodeError

__all__ = ["Certificate", "authorities", "judge", "read", "same_key", "signed_by"]

RAW_BODY: Final = "/Certificate/RawBody"
CLOCKS: Final = timedelta(minutes=5)
_PREFIX: Final = "join-answer/"
_V3: Final = 2  # as written
_SERIAL: Final = 20  # octets, RFC 5280 4.1.2.2
_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"
_END: Final = b"-----END CERTIFICATE-----"


def read(octets: bytes) -> tuple[Certificate | None, Judgement]:
    """The certificate that stands at the beginning of some octets; the judgement of its encoding and its end."""
    notes = Notes()
    certificate, problem, end = _first(octets)
    notes.hold(f"{_PREFIX}raw-body-certificate", not problem, problem, RAW_BODY)
    if certificate is not None:
        tail = octets[end:]
        problem = f"{len(tail)} octets follow the certificate: {tail[:16].hex()}"
        notes.hold(f"{_PREFIX}raw-body-nothing-after", not tail, problem, f"{RAW_BODY}, offset {end}")
    return certificate, notes.judgement()


@lru_cache(maxsize=32)  # several checks read one answer
def _first(octets: bytes) -> tuple[Certificate | None, str, int]:
    """The certificate, what is wrong with it, and where it ends; one that is BER and not DER is read all the same."""
    problem = ""
    for strict in (True, False):
        try:
            end = der.read(octets, "Certificate", strict=strict).end
            found = Certificate.decode(octets[:end], strict=strict)
        except DecodeError as error:
            problem = problem or str(error)
        else:
            return found, f"is not in DER: {problem}" if problem else "", end
    return None, f"is no certificate: {problem}", 0


def judge(certificate: Certificate, key: SubjectPublicKeyInfo, at: datetime) -> Judgement:
    """All that a certificate shows by itself; `key` is that of the request, `at` when the answer came."""
    notes = Notes()
    where = f"{RAW_BODY}, subjectPublicKeyInfo"
    agrees = same_key(certificate.public_key, key)
    notes.hold(f"{_PREFIX}certificate-key", agrees, "certifies another key than the request's", where)
    algorithm = certificate.public_key.algorithm.oid
    fits = algorithm in {key.algorithm.oid, RSA_ENCRYPTION}  # a key for RSASSA-PSS alone may be certified for more
    problem = f"certifies the request's key for {algorithm}, and the request has it for {key.algorithm.oid}"
    notes.hold(f"{_PREFIX}certificate-key", fits or not agrees, problem, f"{where}, algorithm")
    _signature(certificate, notes)
    _form(certificate, notes)
    _validity(certificate, at, notes)
    _subject(certificate, notes)
    _serial(certificate, notes)
    return notes.judgement() + purposes.judge(certificate)


def same_key(one: SubjectPublicKeyInfo, other: SubjectPublicKeyInfo) -> bool:
    """Whether two are the same key, however each is written and whatever algorithm it is for."""
    if one.key == other.key:
        return True
    try:
        return one.rsa() == other.rsa()
    except DecodeError:
        return False


def _signature(certificate: Certificate, notes: Notes) -> None:
    outer, inner = certificate.signature_algorithm, certificate.inner_signature_algorithm
    own = signature.holds(certificate.public_key, outer, certificate.signature, certificate.tbs)
    problem = "is signed with the key that it certifies, not by the service"
    notes.hold(f"{_PREFIX}certificate-not-self-signed", own is not True, problem, f"{RAW_BODY}, signatureValue")
    where = f"{RAW_BODY}, signatureAlgorithm"
    problem = f"is {signature.shown(outer)}, and the signature field of the TBSCertificate is {signature.shown(inner)}"
    notes.hold(f"{_PREFIX}certificate-algorithms-agree", outer == inner, problem, where)
    broken = signature.broken_hash(outer)
    notes.hold(f"{_PREFIX}certificate-hash", broken is None, f"is {outer.oid}, which rests on {broken}", where)


def _form(certificate: Certificate, notes: Notes) -> None:
    oids = [one.oid for one in certificate.extensions]
    problem = f"is v{certificate.version + 1}, and the certificate has extensions"
    notes.hold(f"{_PREFIX}certificate-version", not oids or certificate.version == _V3, problem, f"{RAW_BODY}, version")
    twice = sorted({oid for oid in oids if oids.count(oid) > 1})
    problem = f"there is more than one {', '.join(twice[:3])}"
    notes.hold(f"{_PREFIX}certificate-extensions-unique", not twice, problem, f"{RAW_BODY}, extensions")


def _validity(certificate: Certificate, at: datetime, notes: Notes) -> None:
    begins, ends, now = certificate.not_before, certificate.not_after, at.isoformat(timespec="seconds")
    problem = f"is {begins.isoformat()}, and the answer came at {now}"
    notes.hold(f"{_PREFIX}certificate-not-before", begins <= at + CLOCKS, problem, f"{RAW_BODY}, notBefore")
    problem = f"is {ends.isoformat()}, and the answer came at {now}"
    notes.hold(f"{_PREFIX}certificate-not-after", ends > at, problem, f"{RAW_BODY}, notAfter")


def _subject(certificate: Certificate, notes: Notes) -> None:
    cns = [names.text(part).rstrip("\0").upper() for part in common_names(certificate.subject)]
    problem = f"is {names.shown(certificate.subject)}, the constant that every request carries"
    notes.hold(f"{_PREFIX}certificate-subject", CSR_CN not in cns, problem, f"{RAW_BODY}, subject")


def _serial(certificate: Certificate, notes: Notes) -> None:
    octets = certificate.serial_octets
    short = certificate.serial > 0 and len(octets) <= _SERIAL
    problem = f"is {'not positive' if certificate.serial <= 0 else f'of {len(octets)} octets'}: {octets[:24].hex()}"
    notes.hold(f"{_PREFIX}certificate-serial-positive", short, problem, f"{RAW_BODY}, serialNumber")


def signed_by(certificate: Certificate, authorities: Sequence[Certificate]) -> Judgement:
    """The service's signature under the service's name; nothing is said where no authority's key can judge it.

    Nor is it where none is the issuer, by its name or its key: another authority of the service may be.
    """
    notes = Notes()
    requirement = f"{_PREFIX}certificate-signed"
    verdicts = [
        (one, signature.holds(one.public_key, certificate.signature_algorithm, certificate.signature, certificate.tbs))
        for one in authorities
    ]
    named = [holds for one, holds in verdicts if names.same(one.subject, certificate.issuer)]
    signers = [one for one, holds in verdicts if holds]
    if signers and not named:
        problem = f"is {names.shown(certificate.issuer)}, not {names.shown(signers[0].subject)}"
        notes.hold(requirement, False, problem, f"{RAW_BODY}, issuer")
    if True in named or (named and None not in named):
        problem = "does not verify with the key of the authority that the issuer names"
        notes.hold(requirement, True in named, problem, f"{RAW_BODY}, signatureValue")
    return notes.judgement()


def authorities(pem: bytes) -> tuple[Certificate, ...]:
    """The certificates of a PEM file (RFC 7468), those left out that cannot be read or do not end."""
    found = []
    for block in pem.split(_BEGIN)[1:]:
        text, end, _ = block.partition(_END)
        if not end:
            continue
        try:
            found.append(Certificate.decode(binascii.a2b_base64(b"".join(text.split())), strict=False))
        except (binascii.Error, DecodeError):
            continue
    return tuple(found)
