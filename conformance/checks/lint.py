"""A device certificate in the eyes of a linter that is not ours: RFC 5280 as `pkilint` reads it.

The one rule: what another requirement tells of is left to it, what the field is known to do is named and no failure,
and a certificate that the linter cannot take is not linted: that is the linter's end, not the target's.

The linter brings some 250 modules with it, so that it is imported by the first certificate there is to lint.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from conformance.checks.judgement import Judgement, Notes
from conformance.codec import der
from conformance.codec.x509 import Certificate
from conformance.errors import DecodeError

LINT: Final = "join-answer/certificate-lint"
DEPARTURES: Final = "field-services/certificate-departures"
LARGEST: Final = 16 * 1024
"""Octets of a certificate that is linted; the field's have 1,000."""

MOST: Final = 1_000
"""ASN.1 elements of a certificate that is linted; the field's have 100."""

DEEPEST: Final = 24
"""How deep its elements may nest; the field's nest six deep."""

FIELD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pkix.rdn_contains_duplicate_attribute_types": "one RDN of the issuer has two DC",
        "pkix.authority_key_identifier_extension_absent": "it has no authority key identifier",
        "pkix.certificate_serial_number_out_of_range": "its serial number is not positive",
    }
)
"""What the certificates of the largest service are known to do (field notes), by the linter's code."""

TOLD: Final = frozenset(
    {
        "pkix.certificate_serial_number_out_of_range",  # certificate-serial-positive
        "pkix.certificate_signature_algorithm_mismatch",  # certificate-algorithms-agree
        "pkix.duplicate_extension",  # certificate-extensions-unique
        "pkix.certificate_version_is_not_v3",  # certificate-version
        "pkix.certificate_negative_validity_period",  # certificate-not-before, -not-after
        "pkix.ee_certificate_keycertsign_keyusage_set",  # certificate-no-key-cert-sign
        "pkix.ca_certificate_keycertsign_keyusage_not_set",  # certificate-not-a-ca, and the three below
        "pkix.basic_constraints_extension_not_critical",
        "pkix.ca_certificate_no_ku_extension",
        "pkix.certificate_skid_ca_missing",
    }
)
"""What requirements of their own tell of, each by a check of ours."""

_LABEL: Final = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_RIGHT: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "pkix.invalid_uri_syntax": re.compile(  # RFC 3986 4.3: urn:uuid:, tag: and spiffe: are URIs too
            r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"
        ),
        "pkix.invalid_domain_name_syntax": re.compile(  # RFC 1034 3.5: a name of one label is a name
            rf"(?=.{{1,253}}\Z)(?:\*\.)?{_LABEL}(?:\.{_LABEL})*"
        ),
    }
)
"""What is right though the linter, which knows names and URLs of the web alone, takes it for wrong; by its code."""

_ISSUER: Final = "certificate.tbsCertificate.issuer"
_BAD: Final = {"ERROR", "FATAL"}  # of the linter's levels; a warning is a matter of taste
_UNHANDLED: Final = "base.unhandled_exception"


class NotLintedError(Exception):
    """The linter could not take a certificate; the text says why in a clause."""


@dataclass(frozen=True, slots=True)
class Found:
    """One finding of the linter at its level error or fatal: its code, its words, and where in the certificate."""

    code: str
    words: str
    where: str

    @property
    def known(self) -> bool:
        """Whether the field is known to do just that."""
        duplicate = self.code == "pkix.rdn_contains_duplicate_attribute_types"
        return self.code in FIELD and (not duplicate or self.where.startswith(_ISSUER))


def judge(certificate: Certificate) -> Judgement:
    """The findings that nothing else tells of. Raises `NotLintedError`, and nothing else, whatever the certificate."""
    every = findings(certificate.der)
    notes = Notes()
    left = [one for one in every if not one.known and one.code not in TOLD]
    problem = "; ".join(f"{one.code} {one.words}".rstrip() for one in left[:3])
    where = f"/Certificate/RawBody, {left[0].where}" if left else ""
    notes.hold(LINT, not left, f"RFC 5280 by pkilint: {problem}", where)
    known = sorted({FIELD[one.code] for one in every if one.known})
    notes.see(DEPARTURES, "does" if known else "does not", "; ".join(known) or "none of those known of the field")
    return notes.judgement()


def findings(octets: bytes) -> tuple[Found, ...]:
    """Every finding of the level error or above. Raises `NotLintedError` where the linter has none to give."""
    _bounded(octets)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the libraries behind the linter, which are none of a run's
            found = tuple(_findings(octets))
    except (Exception, RecursionError) as error:  # noqa: BLE001 - whatever it raises, it is not the target's fault
        raise NotLintedError(f"pkilint cannot read it ({type(error).__name__})") from None
    if broken := next((one for one in found if one.code == _UNHANDLED), None):
        raise NotLintedError(f"pkilint failed of itself at {broken.where}")
    return found


def _findings(octets: bytes) -> Iterator[Found]:
    from pkilint import loader  # noqa: PLC0415 - the reason stands above

    document = loader.load_der_certificate(octets, "certificate")
    for result in _linter().validate(document.root):
        for one in result.finding_descriptions:
            right = _RIGHT.get(one.finding.code)
            if one.finding.severity.name in _BAD and not (right and right.fullmatch(str(result.node.pdu))):
                words = " ".join((one.message or "").split())[:160]
                yield Found(one.finding.code, words if words.isprintable() else ascii(words), str(result.node.path))


@cache
def _linter() -> Any:
    """The validators of RFC 5280, made once."""
    from pkilint.pkix import certificate, extension, name  # noqa: PLC0415 - the same

    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


def _bounded(octets: bytes) -> None:
    """What a hostile answer may cost us has a limit. Raises `NotLintedError` beyond it."""
    if len(octets) > LARGEST:
        raise NotLintedError(f"it has {len(octets)} octets, more than the {LARGEST} that are linted")
    level, elements, depth = [octets], 0, 0
    while level:
        depth += 1
        inner = []
        for part in level:
            for element in _elements(part):
                elements += 1
                if element.constructed or element.tag in _WRAPPING:
                    inner.append(element.content)
        if elements > MOST or depth > DEEPEST:
            raise NotLintedError(f"it has more than {MOST} elements, or they nest deeper than {DEEPEST}")
        level = inner


_WRAPPING: Final = {der.tags.OCTET_STRING}


def _elements(octets: bytes) -> Iterator[der.Element]:
    offset = 0
    try:
        while offset < len(octets):
            element = der.read(octets[offset:], "Certificate", strict=False)
            yield element
            offset += element.end
    except DecodeError:
        return
