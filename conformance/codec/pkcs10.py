"""PKCS#10 CertificationRequest (RFC 2986 section 4), read from its own octets.

The one rule: this reading is the project's own, because the libraries refuse real requests (Windows writes a NUL into
the CN); and the octets that were signed stay as they stood, in `tbs`, so a signature is verified over what was sent.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Final

from conformance.codec import der, extension, name, spki
from conformance.codec.der import tags
from conformance.codec.extension import Extension
from conformance.codec.name import Name, NameAttribute
from conformance.codec.spki import AlgorithmIdentifier, SubjectPublicKeyInfo

__all__ = [
    "EXTENSION_REQUEST",
    "AlgorithmIdentifier",
    "Attribute",
    "CertificationRequest",
    "CertificationRequestInfo",
    "Extension",
    "Name",
    "NameAttribute",
    "SubjectPublicKeyInfo",
]

STRUCTURE: Final = "CertificationRequest"
EXTENSION_REQUEST: Final = "1.2.840.113549.1.9.14"
VALUE_NAMES: Final = {EXTENSION_REQUEST: "extensions"}
_ATTRIBUTES: Final = tags.CONTEXT | tags.CONSTRUCTED


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a request: a type and whole elements as values; `offset` is where the first value stands."""

    oid: str
    values: tuple[bytes, ...]
    offset: int = field(default=0, compare=False)

    def encode(self) -> bytes:
        """Attribute, its values in the order of the record."""
        return der.sequence(der.oid(self.oid), der.tlv(tags.SET, b"".join(self.values)))


@dataclass(frozen=True, slots=True)
class CertificationRequestInfo:
    """What is signed; `version` is the number written (0 means v1)."""

    version: int
    subject: Name
    public_key: SubjectPublicKeyInfo
    attributes: tuple[Attribute, ...] = ()

    def encode(self) -> bytes:
        """The octets to sign: what the fields say, in their order."""
        attributes = b"".join(attribute.encode() for attribute in self.attributes)
        return der.sequence(
            der.integer(self.version),
            name.encode(self.subject),
            self.public_key.encode(),
            der.tlv(_ATTRIBUTES, attributes),
        )


@dataclass(frozen=True, slots=True)
class CertificationRequest:
    """A request: what it says, the octets that say it (`tbs`), its signature, and how strictly it was read."""

    info: CertificationRequestInfo
    signature_algorithm: AlgorithmIdentifier
    signature: bytes
    tbs: bytes
    strict: bool = field(default=True, compare=False)
    _asked: tuple[Extension, ...] | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def decode(cls, data: bytes, *, strict: bool = True) -> CertificationRequest:
        """The request these octets are, to the last one; lenient allows longer lengths, and no attributes."""
        if not strict:
            return read(der.Cursor(data, STRUCTURE, strict=False))
        like = _REQUESTS.find(data)
        if like is not None:
            return like.filled(data)
        request = read(der.Cursor(data, STRUCTURE))
        kept = _Places.of(request, data)
        _REQUESTS.keep(data, kept.holes, kept)
        return request

    def encode(self) -> bytes:
        """The request with `tbs` as it is: whoever changes `info` has to encode and sign it anew."""
        return der.sequence(self.tbs, self.signature_algorithm.encode(), der.bit_string(self.signature))

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions asked for (RFC 2985 5.4.2), of every extensionRequest; DecodeError when one cannot be read."""
        found = self._asked
        if found is None:
            each = [_requested(attribute, strict=self.strict) for attribute in self.info.attributes]
            found = tuple(itertools.chain.from_iterable(each))
            object.__setattr__(self, "_asked", found)  # who asks once asks again
        return found


@dataclass(frozen=True, slots=True)
class _Places:
    """A request that was read strictly, and where in it those octets stand that another like it has for itself."""

    request: CertificationRequest
    tbs: slice
    key: slice
    values: tuple[tuple[slice, ...], ...]
    holes: tuple[slice, ...]

    @classmethod
    def of(cls, request: CertificationRequest, data: bytes) -> _Places:
        """The places of a request in the octets it was read from: no octet of a hole has been judged."""
        tbs, public_key = der.read(data).start, request.info.public_key
        key = slice(public_key.offset, public_key.offset + len(public_key.key))
        values = [der.read_all(b"".join(one.values), base=one.offset) for one in request.info.attributes]
        contents = (slice(value.start, value.end) for each in values for value in each)
        return cls(
            request,
            slice(tbs, tbs + len(request.tbs)),
            key,
            tuple(tuple(slice(value.offset, value.end) for value in each) for each in values),
            (key, *contents, slice(len(data) - len(request.signature), len(data))),
        )

    def filled(self, data: bytes) -> CertificationRequest:
        """The request that these octets are, which differ from those that were read in the holes alone."""
        first = self.request
        info, own = first.info, first.info.public_key
        attributes = [
            Attribute(one.oid, tuple([data[place] for place in places]), one.offset)
            for one, places in zip(info.attributes, self.values, strict=True)
        ]
        public_key = SubjectPublicKeyInfo(own.algorithm, data[self.key], own.offset)
        filled = CertificationRequestInfo(info.version, info.subject, public_key, tuple(attributes))
        return CertificationRequest(filled, first.signature_algorithm, data[self.holes[-1]], data[self.tbs])


_REQUESTS: Final[der.Moulds[_Places]] = der.Moulds()
_EXTENSIONS: Final[der.Moulds[tuple[tuple[Extension, slice], ...]]] = der.Moulds()


def read(walk: der.Cursor) -> CertificationRequest:
    """The CertificationRequest that comes next, to the last octet."""
    inner = walk.into(tags.SEQUENCE, "certificationRequest")
    tbs = inner.take(tags.SEQUENCE, "certificationRequestInfo")
    info = _read_info(inner.inside(tbs, "certificationRequestInfo"))
    algorithm = spki.read_algorithm(inner, "signatureAlgorithm")
    signature, _ = inner.octets("signature")
    inner.finish()
    walk.finish()
    return CertificationRequest(info, algorithm, signature, tbs.raw, walk.strict)


def _requested(attribute: Attribute, *, strict: bool) -> tuple[Extension, ...]:
    if attribute.oid != EXTENSION_REQUEST:
        return ()
    data, base = b"".join(attribute.values), attribute.offset
    like = _EXTENSIONS.find(data) if strict else None
    if like is not None:
        return tuple([Extension(one.oid, one.critical, data[place], base + place.start) for one, place in like])
    walk = der.Cursor(data, "extensionRequest", base=base, strict=strict)
    found: list[Extension] = []
    while not walk.at_end:
        found += extension.read(walk, "extensions")
    if strict:
        places = [slice(one.offset - base, one.offset - base + len(one.value)) for one in found]
        _EXTENSIONS.keep(data, places, tuple(zip(found, places, strict=True)))
    return tuple(found)


def _read_info(walk: der.Cursor) -> CertificationRequestInfo:
    version = walk.integer("version")
    subject = name.read(walk, "subject")
    public_key = spki.read(walk, "subjectPKInfo")
    attributes: tuple[Attribute, ...] = ()
    if not walk.at_end or walk.strict:
        attributes = _read_attributes(walk.into(_ATTRIBUTES, "attributes"))
    walk.finish()
    return CertificationRequestInfo(version, subject, public_key, attributes)


def _read_attributes(walk: der.Cursor) -> tuple[Attribute, ...]:
    attributes = []
    while not walk.at_end:
        inner = walk.into(tags.SEQUENCE, "attribute")
        oid = inner.oid("type")
        values = inner.into(tags.SET, "values")
        start, parts = values.offset, []
        while not values.at_end:
            parts.append(values.next(VALUE_NAMES.get(oid, "value")).raw)
        inner.finish()
        attributes.append(Attribute(oid, tuple(parts), start))
    return tuple(attributes)
