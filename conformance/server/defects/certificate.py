"""Defects in the certificate of a device (2.1.1.1.2, RFC 5280)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA1

from conformance.codec import CSR_CN, NONCE_OID, der
from conformance.codec.spki import AlgorithmIdentifier, SubjectPublicKeyInfo
from conformance.server import certificate, csr

from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from conformance.server.behaviour import Behaviour
    from conformance.server.case import JoinCase, Joined
    from conformance.server.certificate import Extension, Holder, Order

BASIC_CONSTRAINTS = "2.5.29.19"
KEY_USAGE = "2.5.29.15"
EXTENDED_KEY_USAGE = "2.5.29.37"
_SHA1_RSA = "1.2.840.113549.1.1.5"
_RSASSA_PSS = "1.2.840.113549.1.1.10"


def _ordering(honest: Behaviour, change: Callable[[Order], Order]) -> Behaviour:
    """The behaviour that signs what `change` makes of the order."""
    return replace(honest, order=lambda order, holder, case: change(honest.order(order, holder, case)))


def _extended(order: Order, oid: str, *others: Extension) -> Order:
    """The order with other extensions in place of that one."""
    return replace(order, extensions=(*(one for one in order.extensions if one.oid != oid), *others))


@defect(breaks={"join-answer/certificate-not-a-ca"})
def certifies_authorities(honest: Behaviour) -> Behaviour:
    """Makes every device a certificate authority."""
    authority = certificate.Extension(BASIC_CONSTRAINTS, der.sequence(der.boolean(True)), critical=True)
    return _ordering(honest, lambda order: _extended(order, BASIC_CONSTRAINTS, authority))


@defect(breaks={"join-answer/certificate-no-key-cert-sign"})
def lets_devices_sign_certificates(honest: Behaviour) -> Behaviour:
    """Gives a device's key the usage keyCertSign besides its own."""
    usage = certificate.Extension(KEY_USAGE, der.bit_string(b"\x84", 2), critical=True)
    return _ordering(honest, lambda order: _extended(order, KEY_USAGE, usage))


@defect(breaks={"join-answer/certificate-digital-signature"})
def lets_devices_encipher_only(honest: Behaviour) -> Behaviour:
    """Gives a device's key the usage keyEncipherment alone."""
    usage = certificate.Extension(KEY_USAGE, der.bit_string(b"\x20", 5), critical=True)
    return _ordering(honest, lambda order: _extended(order, KEY_USAGE, usage))


@defect(breaks={"join-answer/certificate-client-auth"})
def certifies_servers(honest: Behaviour) -> Behaviour:
    """Gives a device's certificate the purpose of server authentication."""
    purpose = certificate.Extension(EXTENDED_KEY_USAGE, der.sequence(der.oid("1.3.6.1.5.5.7.3.1")), critical=True)
    return _ordering(honest, lambda order: _extended(order, EXTENDED_KEY_USAGE, purpose))


@defect(breaks={"join-answer/certificate-extensions-unique"})
def writes_an_extension_twice(honest: Behaviour) -> Behaviour:
    """Has the key usage twice in a certificate."""
    return _ordering(
        honest,
        lambda order: replace(
            order, extensions=(*order.extensions, *(one for one in order.extensions if one.oid == KEY_USAGE))
        ),
    )


@defect(breaks={"join-answer/certificate-version"}, hides={"join-answer/certificate-lint"})
def writes_version_1(honest: Behaviour) -> Behaviour:
    """Says that a certificate with extensions is of version 1."""
    return _ordering(honest, lambda order: replace(order, version=0))


@defect(breaks={"join-answer/certificate-serial-positive"})
def writes_negative_serials(honest: Behaviour) -> Behaviour:
    """Gives certificates negative serial numbers."""
    return _ordering(honest, lambda order: replace(order, serial=-order.serial))


@defect(breaks={"join-answer/certificate-serial-unique"})
def writes_one_serial(honest: Behaviour) -> Behaviour:
    """Gives every certificate the same serial number."""
    return _ordering(honest, lambda order: replace(order, serial=1))


@defect(breaks={"join-answer/certificate-subject", "join-answer/certificate-subject-unique"})
def copies_the_subject_of_requests(honest: Behaviour) -> Behaviour:
    """Gives every certificate the placeholder subject of its request."""
    placeholder = certificate.name((certificate.CN, der.printable_string(CSR_CN)))
    return _ordering(honest, lambda order: replace(order, subject=placeholder))


@defect(breaks={"join-answer/certificate-subject-unique"})
def certifies_all_devices_as_one(honest: Behaviour) -> Behaviour:
    """Gives every certificate the same subject."""
    one = certificate.name((certificate.CN, der.printable_string("device")))
    return _ordering(honest, lambda order: replace(order, subject=one))


@defect(breaks={"join-answer/certificate-not-before"})
def begins_in_another_time_zone(honest: Behaviour) -> Behaviour:
    """Writes its local time, two hours ahead of UTC, into notBefore."""
    return _ordering(honest, lambda order: replace(order, not_before=order.not_before + timedelta(hours=2)))


@defect(breaks={"join-answer/certificate-not-after"})
def certifies_for_no_time(honest: Behaviour) -> Behaviour:
    """Lets a certificate end before it is handed over."""
    return _ordering(honest, lambda order: replace(order, not_after=order.not_before + timedelta(minutes=1)))


@defect(breaks={"join-answer/certificate-algorithms-agree"})
def names_two_algorithms(honest: Behaviour) -> Behaviour:
    """Names SHA-1 in the signed part of a certificate and SHA-256 outside."""
    inner = der.sequence(der.oid(_SHA1_RSA), der.null())
    return _ordering(honest, lambda order: replace(order, inner_algorithm=inner))


@defect(breaks={"join-answer/certificate-key"}, hides={"join-answer/certificate-subject-unique"})
def certifies_its_own_key(honest: Behaviour) -> Behaviour:
    """Certifies one key of its own for every device."""
    spki = certificate.spki_of(rsa.generate_private_key(65537, 2048))
    return _ordering(honest, lambda order: replace(order, spki=spki))


@defect(breaks={"join-answer/certificate-key"})
def certifies_keys_for_rsassa_pss(honest: Behaviour) -> Behaviour:
    """Certifies the device's key for id-RSASSA-PSS, with which no client that asked for rsaEncryption can use it."""

    def restricted(order: Order) -> Order:
        key = SubjectPublicKeyInfo.decode(order.spki)
        return replace(order, spki=replace(key, algorithm=AlgorithmIdentifier(_RSASSA_PSS)).encode())

    return _ordering(honest, restricted)


@defect(breaks={"join-answer/certificate-signed"})
def signs_with_another_key(honest: Behaviour) -> Behaviour:
    """Signs certificates with a key that is not its CA's."""
    other = rsa.generate_private_key(65537, 2048)
    return replace(honest, sign=lambda order, _key: honest.sign(order, other))


@defect(breaks={"join-answer/certificate-signed"})
def names_another_issuer(honest: Behaviour) -> Behaviour:
    """Names an issuer that is not its CA."""
    issuer = certificate.name((certificate.CN, der.printable_string("Another CA")))
    return _ordering(honest, lambda order: replace(order, issuer=issuer))


@defect(
    breaks={"join-answer/certificate-not-self-signed", "join-answer/certificate-key"},
    hides={"join-answer/certificate-subject-unique"},
)
def certifies_its_signing_key(honest: Behaviour) -> Behaviour:
    """Certifies the key it signs with in place of the device's."""
    return replace(honest, sign=lambda order, key: honest.sign(replace(order, spki=certificate.spki_of(key)), key))


@defect(breaks={"join-answer/certificate-hash"})
def signs_over_sha_1(honest: Behaviour) -> Behaviour:
    """Signs certificates over a SHA-1."""
    old = der.sequence(der.oid(_SHA1_RSA), der.null())

    def sign(order: Order, key: RSAPrivateKey) -> bytes:
        return certificate.sign(replace(order, inner_algorithm=old, outer_algorithm=old), key, SHA1())  # noqa: S303 - the defect

    return replace(honest, sign=sign)


@defect(
    breaks={
        "device/creates",
        "join-answer/certificate-key",
    },
    hides={"join-answer/certificate-serial-unique", "join-answer/certificate-subject-unique"},
)
def caches_certificates_by_user(honest: Behaviour) -> Behaviour:
    """Remembers the certificate of a user, and answers the user's next device of that type with it."""
    known: dict[tuple[str, int], bytes] = {}

    def document(made: Joined) -> dict[str, Any]:
        kept = known.setdefault((made.case.caller.upn, made.case.join_type), made.certificate)
        return honest.join_document(replace(made, certificate=kept, thumbprint=honest.thumbprint(kept)))

    return replace(honest, join_document=document)


@defect(breaks={"join-answer/certificate-not-a-ca", "join-answer/certificate-no-key-cert-sign"})
def certifies_what_is_asked_for(honest: Behaviour) -> Behaviour:
    """Copies the extensions that a request asks for into the certificate, in place of its own."""

    def copied(order: Order, holder: Holder, case: JoinCase) -> Order:
        strict = honest.order(order, holder, case)
        asked = {
            one.oid: certificate.Extension(one.oid, one.value, one.critical)
            for one in csr.extensions(case.csr)
            if one.oid != NONCE_OID
        }
        kept = tuple(one for one in strict.extensions if one.oid not in asked)
        return replace(strict, extensions=(*kept, *asked.values()))

    return replace(honest, order=copied)
