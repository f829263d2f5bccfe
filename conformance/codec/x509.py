"""Facts of an X.509 certificate (RFC 5280 section 4.1), read from its own octets.

The one rule: facts, not trust. No chain and no signature is verified here, and what the libraries refuse or warn of (a
negative serial number, private extensions in BER) is read as it stands.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from conformance.codec import der, extension, name, spki
from conformance.codec.der import tags

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from conformance.codec.extension import Extension
    from conformance.codec.name import Name
    from conformance.codec.spki import AlgorithmIdentifier, SubjectPublicKeyInfo

STRUCTURE: Final = "Certificate"
PRIVATE_ARC: Final = "1.2.840.113556.1.5.284."
_VERSION: Final = tags.CONTEXT | tags.CONSTRUCTED
_UNIQUE_IDS: Final = (tags.CONTEXT | 1, tags.CONTEXT | 2)
_EXTENSIONS: Final = tags.CONTEXT | tags.CONSTRUCTED | 3


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says, the octets that say it (`tbs`), and the signature over those.

    `version` is the number written (2 means v3); `serial` is signed, as INTEGER is, and `serial_octets` are its octets,
    which need not be the shortest; the two moments are aware, in UTC; `der` is the certificate itself.
    """

    version: int
    serial: int
    serial_octets: bytes
    inner_signature_algorithm: AlgorithmIdentifier
    issuer: Name
    not_before: datetime
    not_after: datetime
    subject: Name
    public_key: SubjectPublicKeyInfo
    extensions: tuple[Extension, ...]
    signature_algorithm: AlgorithmIdentifier
    signature: bytes
    tbs: bytes
    der: bytes

    @classmethod
    def decode(cls, data: bytes, *, strict: bool = True) -> Certificate:
        """The certificate these octets are, to the last one; lenient allows longer lengths, and defaults written."""
        return _decoded(bytes(data), strict)

    @property
    def thumbprint(self) -> str:
        """SHA-1 of the certificate, as 40 upper-case hexadecimal digits (MS-DRS 2.1.1.1.2; A5)."""
        return hashlib.sha1(self.der, usedforsecurity=False).hexdigest().upper()

    def find(self, oid: str) -> Extension | None:
        """The first extension of this type; None when there is none."""
        return next((one for one in self.extensions if one.oid == oid), None)


@lru_cache(maxsize=64)  # whoever sent a request reads the certificate in its answer, and so does each check of it
def _decoded(data: bytes, strict: bool) -> Certificate:
    return read(der.Cursor(data, STRUCTURE, strict=strict))


def read(walk: der.Cursor) -> Certificate:
    """The Certificate that comes next, to the last octet."""
    inner = walk.into(tags.SEQUENCE, "certificate")
    tbs = inner.take(tags.SEQUENCE, "tbsCertificate")
    certificate = partial(_read_tbs(inner.inside(tbs, "tbsCertificate")), tbs=tbs.raw, der=walk.data)
    algorithm = spki.read_algorithm(inner, "signatureAlgorithm")
    signature, _ = inner.octets("signatureValue")
    inner.finish()
    walk.finish()
    return certificate(signature_algorithm=algorithm, signature=signature)


def _read_tbs(walk: der.Cursor) -> Callable[..., Certificate]:
    """What the TBSCertificate says; the rest is said by who holds it."""
    version = _read_version(walk)
    serial = walk.take(tags.INTEGER, "serialNumber")
    inner_algorithm = spki.read_algorithm(walk, "signature")
    issuer = name.read(walk, "issuer")
    validity = walk.into(tags.SEQUENCE, "validity")
    not_before = der.decode_time(validity.next("notBefore"), STRUCTURE)
    not_after = der.decode_time(validity.next("notAfter"), STRUCTURE)
    validity.finish()
    subject = name.read(walk, "subject")
    public_key = spki.read(walk, "subjectPublicKeyInfo")
    for tag in _UNIQUE_IDS:
        walk.optional(tag, "uniqueID")
    extensions = _read_extensions(walk)
    walk.finish()
    return partial(
        Certificate,
        version=version,
        serial=der.decode_integer(serial.content, STRUCTURE, serial.start, strict=False),
        serial_octets=serial.content,
        inner_signature_algorithm=inner_algorithm,
        issuer=issuer,
        not_before=not_before,
        not_after=not_after,
        subject=subject,
        public_key=public_key,
        extensions=extensions,
    )


def _read_version(walk: der.Cursor) -> int:
    """`[0] EXPLICIT Version DEFAULT v1`: the number written, 0 where none is."""
    wrapper = walk.optional(_VERSION, "version")
    if wrapper is None:
        return 0
    inner = walk.inside(wrapper, "version")
    version = inner.integer("version")
    inner.finish()
    return version


def _read_extensions(walk: der.Cursor) -> tuple[Extension, ...]:
    wrapper = walk.optional(_EXTENSIONS, "extensions")
    if wrapper is None:
        return ()
    inner = walk.inside(wrapper)
    extensions = extension.read(inner, "extensions")
    inner.finish()
    return extensions


def private_extensions(certificate: Certificate) -> dict[int, bytes]:
    """The registration service's own extensions (1.2.840.113556.1.5.284.N) by N, out of their inner OCTET STRING.

    That one is written in BER by the services of the field, its length in the long form where the short would do. Of a
    number that comes twice the first counts. DecodeError when a value is no OCTET STRING.
    """
    found: dict[int, bytes] = {}
    for one in certificate.extensions:
        last = one.oid.removeprefix(PRIVATE_ARC)
        if last != one.oid and last.isdigit():
            found.setdefault(int(last), _unwrap(one, f"private extension {last}"))
    return found


def _unwrap(one: Extension, structure: str) -> bytes:
    return der.exact(one.value, structure, tag=tags.OCTET_STRING, base=one.offset, strict=False).content
