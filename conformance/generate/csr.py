"""Certificate requests in the making: any part of a PKCS#10 request (RFC 2986) can be set, the rest is fitted to it.

The one rule: a lie is told at one layer only. Whatever part is set, the request is encoded and signed around it, so
that a request with a wrong key size has a right signature, and one with a wrong signature has all else right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from conformance.codec import CSR_CN, NONCE_OID, der, extension
from conformance.codec.der import tags
from conformance.codec.name import COMMON_NAME
from conformance.codec.pkcs10 import (
    EXTENSION_REQUEST,
    AlgorithmIdentifier,
    Attribute,
    CertificationRequest,
    CertificationRequestInfo,
    Extension,
    Name,
    NameAttribute,
    SubjectPublicKeyInfo,
)
from conformance.generate.signing import SHA256_RSA, Scheme, sign

if TYPE_CHECKING:
    from conformance.generate.keys import PoolKey

OctetsChange = Callable[[bytes], bytes]


def common_name(text: str = CSR_CN, tag: int = tags.UTF8_STRING) -> Name:
    """A subject of one RDN with one CN; `text` is written in UTF-8 whatever the tag says."""
    return ((NameAttribute(COMMON_NAME, tag, text.encode("utf-8")),),)


SUBJECT: Final = common_name()


@dataclass(frozen=True, slots=True)
class CsrDraft:
    """What a certificate request is to say; the defaults are those of MS-DRS 2.1.1.1.1.

    `nonce` is the text of a nonce answer's Value; it becomes an extension whose extnValue holds an element of tag
    `nonce_tag`, or the text's bare octets where that is None (A10). Who sends the request puts a nonce in where it has
    none, unless it is to be `bare`. `extensions` stand behind it, or before it where it is `nonce_last`; `attributes`
    beside that.
    `public_key` is written in place of the key's own; `algorithm` in place of the one the signature is made with.
    `reshape_info` changes the encoded CertificationRequestInfo before it is signed, `reshape_signature` the signature.
    """

    key: PoolKey
    subject: Name = SUBJECT
    version: int = 0
    nonce: str | None = None
    bare: bool = False
    nonce_tag: int | None = tags.UTF8_STRING
    nonce_critical: bool = False
    nonce_last: bool = False
    extensions: tuple[Extension, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    public_key: SubjectPublicKeyInfo | None = None
    scheme: Scheme = SHA256_RSA
    signing_key: PoolKey | None = None
    algorithm: AlgorithmIdentifier | None = None
    reshape_info: OctetsChange | None = None
    reshape_signature: OctetsChange | None = None

    def encode(self) -> bytes:
        """CertificationRequest in DER, signed over the info as it stands."""
        info = self.info
        tbs = self._reshaped(info)
        signature = sign(self.signing_key or self.key, self.scheme, tbs)
        if self.reshape_signature is not None:
            signature = self.reshape_signature(signature)
        return CertificationRequest(info, self.algorithm or self.scheme.identifier, signature, tbs).encode()

    def encode_info(self) -> bytes:
        """CertificationRequestInfo in DER: the octets that are signed."""
        return self._reshaped(self.info)

    def _reshaped(self, info: CertificationRequestInfo) -> bytes:
        octets = info.encode()
        return octets if self.reshape_info is None else self.reshape_info(octets)

    @property
    def info(self) -> CertificationRequestInfo:
        """What the request says."""
        public_key = self.public_key or _public_key(self.key.spki_der)
        return CertificationRequestInfo(self.version, self.subject, public_key, self._attributes())

    def _attributes(self) -> tuple[Attribute, ...]:
        nonce = self._nonce_extension()
        extensions = (*self.extensions, *nonce) if self.nonce_last else (*nonce, *self.extensions)
        requested = (Attribute(EXTENSION_REQUEST, (extension.encode(extensions),)),) if extensions else ()
        return tuple(sorted((*requested, *self.attributes), key=Attribute.encode))  # a SET OF, so DER orders it

    def _nonce_extension(self) -> tuple[Extension, ...]:
        if self.nonce is None:
            return ()
        octets = self.nonce.encode("utf-8")
        value = octets if self.nonce_tag is None else der.tlv(self.nonce_tag, octets)
        return (Extension(NONCE_OID, self.nonce_critical, value),)


@lru_cache(maxsize=256)  # of the pool's keys, each of which is read for many requests
def _public_key(spki: bytes) -> SubjectPublicKeyInfo:
    return SubjectPublicKeyInfo.decode(spki)
