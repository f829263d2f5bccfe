"""What no two device certificates of a service share: a serial number, and a subject (RFC 5280 4.1.2.2 and 4.1.2.6).

The one rule: a serial number is one issuer's own, and a subject one device's: two answers for one key may be for one
device, so that they are not compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

from conformance.checks import names
from conformance.checks.again import recorded
from conformance.checks.certificate import same_key
from conformance.checks.judgement import Judgement, Notes
from conformance.codec.x509 import Certificate

_PREFIX: Final = "join-answer/"
_RAW_BODY: Final = "/Certificate/RawBody"


@recorded
def serials(certificates: Sequence[Certificate]) -> Judgement:
    """No two different certificates of one issuer have one serial number."""
    notes = Notes()
    seen: dict[tuple[object, int], Certificate] = {}
    for one in certificates:
        first = seen.setdefault((names.canonical(one.issuer), one.serial), one)
        if len(certificates) > 1:
            problem = f"is {one.serial_octets[:24].hex()} in the certificates {first.thumbprint} and {one.thumbprint}"
            alone = first is one or first.der == one.der
            notes.hold(f"{_PREFIX}certificate-serial-unique", alone, problem, f"{_RAW_BODY}, serialNumber")
    return notes.judgement()


@recorded
def subjects(certificates: Sequence[Certificate]) -> Judgement:
    """No two certificates for different keys have one subject, unless it is empty."""
    notes = Notes()
    for one, other in combinations(certificates, 2):
        if not same_key(one.public_key, other.public_key):
            differ = not one.subject or not names.same(one.subject, other.subject)
            problem = f"is {names.shown(one.subject)} for the devices {one.thumbprint} and {other.thumbprint}"
            notes.hold(f"{_PREFIX}certificate-subject-unique", differ, problem, f"{_RAW_BODY}, subject")
    return notes.judgement()
