"""The device certificate and the CA that signs it, written octet by octet, so that any habit can be written.

The one rule: an `Order` says everything that goes into the certificate, already encoded where the standard has a
choice, and `sign` writes exactly that. Shapes from the field notes: version 3, subject `CN=<device id>`, the issuer
one multi-valued RDN, private extensions 1.2.840.113556.1.5.284.N.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conformance.codec import der

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

PRIVATE = "1.2.840.113556.1.5.284"
ISSUED_EARLIER = timedelta(minutes=30)
_DEVICE = f"{PRIVATE}.2"
YEARS = 10
REGISTER = 4  # 2.1.1.1.1, "Azure AD register"
CA_OU = "82dbaca4-3e81-46ca-9c73-0950c1eaca97"


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension: `value` is the content of extnValue, `octets` the whole of it, written when it is made."""

    oid: str
    value: bytes
    critical: bool = False
    octets: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """The Extension SEQUENCE; FALSE is the default of `critical` and not written (X.690 11.5)."""
        flag = der.boolean(True) if self.critical else b""
        octets = der.sequence(der.oid(self.oid), flag, der.octet_string(self.value))
        object.__setattr__(self, "octets", octets)


@dataclass(frozen=True, slots=True)
class Order:
    """A certificate to be signed. `version` as written (2 is v3); names, SPKI and algorithms are whole DER elements."""

    serial: int
    subject: bytes
    spki: bytes
    not_before: datetime
    not_after: datetime
    extensions: tuple[Extension, ...]
    issuer: bytes
    version: int = 2
    inner_algorithm: bytes = b""
    outer_algorithm: bytes = b""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a certificate is for, and what its private extensions say."""

    device_id: uuid.UUID
    user: uuid.UUID
    tenant: uuid.UUID
    join_type: int
    region: str


def name(*attributes: tuple[str, bytes]) -> bytes:
    """A name of a single RDN, multi-valued where there are several attributes (each: OID, encoded string)."""
    return der.sequence(der.set_of(*(der.sequence(der.oid(oid), value) for oid, value in attributes)))


DC = "0.9.2342.19200300.100.1.25"
CN = "2.5.4.3"
OU = "2.5.4.11"
CA_NAME = name(
    (DC, der.ia5_string("net")),
    (DC, der.ia5_string("windows")),
    (CN, der.printable_string("MS-Organization-Access")),
    (OU, der.printable_string(CA_OU)),
)
_SUBJECT = name((CN, der.printable_string(str(uuid.UUID(int=0)))))[:-36]  # what stands before a device's id
_SHA256 = SHA256()
_PADDING = PKCS1v15()
SHA256_RSA = der.sequence(der.oid("1.2.840.113549.1.1.11"), der.null())
_CA_FALSE = Extension("2.5.29.19", der.sequence(), critical=True)
_CLIENT_AUTH = Extension("2.5.29.37", der.sequence(der.oid("1.3.6.1.5.5.7.3.2")), critical=True)
_DIGITAL_SIGNATURE = Extension("2.5.29.15", der.bit_string(b"\x80", 7), critical=True)
_FIRST_GENERALIZED = 2050  # RFC 5280 4.1.2.5


def positive_serial() -> int:
    """127 random bits, positive (RFC 5280 4.1.2.2)."""
    return int.from_bytes(secrets.token_bytes(16), "big") >> 1 or 1


def signed_serial() -> int:
    """16 random octets read as a signed number, as the field writes them: one in two is negative."""
    return int.from_bytes(secrets.token_bytes(16), "big", signed=True)


def der_octets(value: bytes) -> bytes:
    """An inner OCTET STRING as DER has it."""
    return der.octet_string(value)


def ber_octets(value: bytes) -> bytes:
    """An inner OCTET STRING with its length in the long form (`04 81 10`), as the field writes it: BER, not DER."""
    return b"\x04\x81" + bytes([len(value)]) + value


def joined(join_type: int) -> bytes:
    """The digit of private extension 7: `0` registered (4), `1` joined (every other type)."""
    return b"0" if join_type == REGISTER else b"1"


def private_extensions(holder: Holder, octets: Callable[[bytes], bytes] = der_octets) -> tuple[Extension, ...]:
    """.2 device, .3 user, .5 tenant (GUIDs in Microsoft byte order), .7 join type, .8 region."""
    device = Extension(_DEVICE, octets(holder.device_id.bytes_le))
    return (device, *_of_user(holder.user, holder.tenant, holder.join_type, holder.region, octets))


@lru_cache(maxsize=64)  # the devices of a user differ in their id
def _of_user(
    user: uuid.UUID, tenant: uuid.UUID, join_type: int, region: str, octets: Callable[[bytes], bytes]
) -> tuple[Extension, ...]:
    values = {3: user.bytes_le, 5: tenant.bytes_le, 7: joined(join_type), 8: region.encode("ascii")}
    return tuple(Extension(f"{PRIVATE}.{number}", octets(value)) for number, value in values.items())


def order(holder: Holder, spki: bytes, now: datetime, authority_key_id: bytes) -> Order:
    """The certificate of a device as the document and RFC 5280 have it (the strict form)."""
    not_before, not_after = _lasting(now.replace(microsecond=0))
    return Order(
        serial=positive_serial(),
        subject=_SUBJECT + str(holder.device_id).encode("ascii"),
        spki=spki,
        not_before=not_before,
        not_after=not_after,
        extensions=(
            _CA_FALSE,
            _CLIENT_AUTH,
            _DIGITAL_SIGNATURE,
            _authority(authority_key_id),
            *private_extensions(holder),
        ),
        issuer=CA_NAME,
    )


@lru_cache(maxsize=8)
def _lasting(moment: datetime) -> tuple[datetime, datetime]:
    """From when to when the certificates of one second are good."""
    return moment - ISSUED_EARLIER, years_after(moment, YEARS)


@lru_cache(maxsize=8)
def _authority(key_id: bytes) -> Extension:
    return Extension("2.5.29.35", der.sequence(der.implicit(0, key_id)))


def field_order(strict: Order, holder: Holder) -> Order:
    """The same certificate with the field's habits: a serial of either sign, BER lengths, no key identifiers."""
    kept = (_CA_FALSE, _CLIENT_AUTH, _DIGITAL_SIGNATURE)
    return replace(strict, serial=signed_serial(), extensions=(*kept, *private_extensions(holder, ber_octets)))


def years_after(moment: datetime, years: int) -> datetime:
    """The same day `years` later; 29 February becomes the 28th."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


@lru_cache(maxsize=16)
def time(moment: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5)."""
    utc = moment.astimezone(UTC)
    if utc.year < _FIRST_GENERALIZED:
        return der.tlv(0x17, utc.strftime("%y%m%d%H%M%SZ").encode("ascii"))
    return der.tlv(0x18, utc.strftime("%Y%m%d%H%M%SZ").encode("ascii"))


@lru_cache(maxsize=16)
def _validity(not_before: datetime, not_after: datetime) -> bytes:
    return der.sequence(time(not_before), time(not_after))


@lru_cache(maxsize=16)
def _version(number: int) -> bytes:
    return der.explicit(0, der.integer(number))


def sign(order: Order, key: RSAPrivateKey, digest: HashAlgorithm = _SHA256) -> bytes:
    """The certificate's DER: the one private-key operation of a join."""
    tbs = der.sequence(
        _version(order.version),
        der.integer(order.serial),
        order.inner_algorithm or SHA256_RSA,
        order.issuer,
        _validity(order.not_before, order.not_after),
        order.subject,
        order.spki,
        der.explicit(3, der.sequence(*[extension.octets for extension in order.extensions])),
    )
    signature = key.sign(tbs, _PADDING, digest)
    return der.sequence(tbs, order.outer_algorithm or SHA256_RSA, der.bit_string(signature))


@lru_cache(maxsize=8)
def spki_of(key: RSAPrivateKey) -> bytes:
    """The SubjectPublicKeyInfo of a key of ours."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@lru_cache(maxsize=8)
def key_id(key: RSAPrivateKey) -> bytes:
    """The SHA-1 of the key's PKCS#1 form (RFC 5280 4.2.1.2, method 1)."""
    return hashlib.sha1(key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)).digest()  # noqa: S324 - RFC 5280's


def ca_certificate(key: RSAPrivateKey, now: datetime) -> bytes:
    """The self-signed certificate of the device CA."""
    moment = now.replace(microsecond=0)
    return sign(
        Order(
            serial=positive_serial(),
            subject=CA_NAME,
            spki=spki_of(key),
            not_before=moment - timedelta(days=1),
            not_after=years_after(moment, 2 * YEARS),
            extensions=(
                Extension("2.5.29.19", der.sequence(der.boolean(True)), critical=True),
                Extension("2.5.29.15", der.bit_string(b"\x06", 1), critical=True),  # keyCertSign, cRLSign
                Extension("2.5.29.14", der.octet_string(key_id(key))),
            ),
            issuer=CA_NAME,
        ),
        key,
    )
