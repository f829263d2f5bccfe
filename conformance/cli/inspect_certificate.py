"""What the catalogue says of a certificate, as the answer to a join carries one (MS-DRS 2.1.1.1.2)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from conformance.cli.inspect_rules import Rule, verifies
from conformance.codec import CSR_CN, extension, guid, name, x509

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.codec.x509 import Certificate

_CLOCK_DIFFERENCE: Final = timedelta(minutes=5)
_MOST_SERIAL_OCTETS: Final = 20
_V3: Final = 2
_ANY_PURPOSE: Final = "2.5.29.37.0"
_BROKEN_HASHES: Final = frozenset(
    {
        "1.2.840.113549.1.1.2",  # md2WithRSAEncryption
        "1.2.840.113549.1.1.3",  # md4WithRSAEncryption
        "1.2.840.113549.1.1.4",  # md5WithRSAEncryption
        "1.2.840.113549.1.1.5",  # sha1WithRSAEncryption
        "1.2.840.10045.4.1",  # ecdsa-with-SHA1
        "1.2.840.10040.4.3",  # dsa-with-SHA1
    }
)
_CRITICAL: Final = (extension.BASIC_CONSTRAINTS, extension.EXTENDED_KEY_USAGE, extension.KEY_USAGE)
_TBS: Final = "certificate.tbsCertificate."
_CN: Final = _TBS + "subject.RDN.attribute.commonName"


def _now() -> datetime:
    return datetime.now(UTC)


def _serial(certificate: Certificate) -> bool:
    return certificate.serial > 0 and len(certificate.serial_octets) <= _MOST_SERIAL_OCTETS


def _not_a_ca(certificate: Certificate) -> bool:
    one = certificate.find(extension.BASIC_CONSTRAINTS)
    return one is None or not extension.basic_constraints(one, strict=False).ca


def _usages(certificate: Certificate) -> frozenset[str] | None:
    one = certificate.find(extension.KEY_USAGE)
    return None if one is None else extension.key_usage(one, strict=False)


def _no_cert_sign(certificate: Certificate) -> bool:
    return not (_usages(certificate) or frozenset()) & {"keyCertSign", "cRLSign"}


def _digital_signature(certificate: Certificate) -> bool:
    usages = _usages(certificate)
    return usages is None or "digitalSignature" in usages


def _client_auth(certificate: Certificate) -> bool:
    one = certificate.find(extension.EXTENDED_KEY_USAGE)
    if one is None:
        return True
    return bool({extension.CLIENT_AUTH, _ANY_PURPOSE} & set(extension.extended_key_usage(one, strict=False)))


def _not_self_signed(certificate: Certificate) -> bool | None:
    algorithm = certificate.signature_algorithm.oid
    own = verifies(certificate.public_key, algorithm, certificate.signature, certificate.tbs)
    return True if own is None else not own  # a signature of another algorithm is another key's


def _subject_is_guid(certificate: Certificate) -> bool:
    values = [part for rdn in certificate.subject for part in rdn]
    cns = [part.text for part in name.common_names(certificate.subject)]
    return len(values) == len(cns) == 1 and cns[0] == cns[0].lower() and guid.decode(cns[0]) is not None


def _device_id(certificate: Certificate) -> bool:
    value = x509.private_extensions(certificate).get(2)
    cns = [part.text for part in name.common_names(certificate.subject)]
    return value is not None and str(guid.decode_bytes(value)) in cns


def _issuer(certificate: Certificate) -> bool:
    cns = [part.text for part in name.common_names(certificate.issuer)]
    return cns == ["MS-Organization-Access"] and len(certificate.issuer) == 1


def _private(number: int, fits: Callable[[bytes], bool]) -> Callable[[Certificate], bool]:
    """A rule for a private extension that is there with a value of that form."""

    def holds(certificate: Certificate) -> bool:
        value = x509.private_extensions(certificate).get(number)
        return value is not None and fits(value)

    return holds


def _is_guid(value: bytes) -> bool:
    return isinstance(guid.decode_bytes(value), uuid.UUID)


def _long_form(certificate: Certificate) -> bool | None:
    values = [one.value for one in certificate.extensions if one.oid.startswith(x509.PRIVATE_ARC)]
    return any(value[1:2] == b"\x81" for value in values) if values else None


def _at(oid: str) -> str:
    return f"extension {oid}"


RULES: Final = (
    Rule(
        "join-answer/certificate-version",
        _TBS + "version.version",
        lambda certificate: not certificate.extensions or certificate.version == _V3,
    ),
    Rule("join-answer/certificate-serial-positive", _TBS + "serialNumber", _serial),
    Rule(
        "join-answer/certificate-algorithms-agree",
        _TBS + "signature",
        lambda certificate: certificate.signature_algorithm == certificate.inner_signature_algorithm,
    ),
    Rule("field-services/certificate-issuer", _TBS + "issuer", _issuer),
    Rule(
        "join-answer/certificate-not-before",
        _TBS + "validity.notBefore",
        lambda certificate: certificate.not_before <= _now() + _CLOCK_DIFFERENCE,
    ),
    Rule(
        "join-answer/certificate-not-after",
        _TBS + "validity.notAfter",
        lambda certificate: certificate.not_after > _now(),
    ),
    Rule(
        "join-answer/certificate-subject",
        _CN,
        lambda certificate: all(CSR_CN not in part.text for part in name.common_names(certificate.subject)),
    ),
    Rule("field-services/certificate-subject-guid", _CN, _subject_is_guid),
    Rule(
        "join-answer/certificate-extensions-unique",
        _TBS + "extensions",
        lambda certificate: len({one.oid for one in certificate.extensions}) == len(certificate.extensions),
    ),
    Rule(
        "field-services/certificate-critical",
        _TBS + "extensions",
        lambda certificate: all((one := certificate.find(oid)) is not None and one.critical for oid in _CRITICAL),
    ),
    Rule("join-answer/certificate-not-a-ca", _at(extension.BASIC_CONSTRAINTS), _not_a_ca),
    Rule("join-answer/certificate-no-key-cert-sign", _at(extension.KEY_USAGE), _no_cert_sign),
    Rule("join-answer/certificate-digital-signature", _at(extension.KEY_USAGE), _digital_signature),
    Rule("join-answer/certificate-client-auth", _at(extension.EXTENDED_KEY_USAGE), _client_auth),
    Rule("field-services/certificate-device-id", _at(f"{x509.PRIVATE_ARC}2"), _device_id),
    Rule("field-services/certificate-user-id", _at(f"{x509.PRIVATE_ARC}3"), _private(3, _is_guid)),
    Rule("field-services/certificate-tenant-id", _at(f"{x509.PRIVATE_ARC}5"), _private(5, _is_guid)),
    Rule("field-services/certificate-join-type", _at(f"{x509.PRIVATE_ARC}7"), _private(7, bytes.isdigit)),
    Rule("field-services/certificate-region", _at(f"{x509.PRIVATE_ARC}8"), _private(8, bytes.isalpha)),
    Rule("field-services/certificate-long-form", _TBS + "extensions", _long_form),
    Rule(
        "join-answer/certificate-hash",
        "certificate.signatureAlgorithm.algorithm",
        lambda certificate: certificate.signature_algorithm.oid not in _BROKEN_HASHES,
    ),
    Rule("join-answer/certificate-not-self-signed", "certificate.signatureValue", _not_self_signed),
)
