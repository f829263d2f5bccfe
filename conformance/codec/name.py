"""Name: what a certificate or a request calls its subject and issuer (RFC 5280 4.1.2.4, X.501).

The one rule: a value stays the octets it was, beside its tag, so that a name no library will load is still a name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from conformance.codec import der
from conformance.codec.der import tags

COMMON_NAME: Final = "2.5.4.3"
ORGANIZATIONAL_UNIT: Final = "2.5.4.11"
DOMAIN_COMPONENT: Final = "0.9.2342.19200300.100.1.25"
NAMES: Final = {
    COMMON_NAME: "commonName",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "countryName",
    "2.5.4.7": "localityName",
    "2.5.4.8": "stateOrProvinceName",
    "2.5.4.10": "organizationName",
    ORGANIZATIONAL_UNIT: "organizationalUnitName",
    DOMAIN_COMPONENT: "domainComponent",
}


@dataclass(frozen=True, slots=True)
class NameAttribute:
    """One type and value of a name; `offset` is where the value's content octets stand."""

    oid: str
    tag: int
    value: bytes
    offset: int = field(default=0, compare=False)

    @property
    def text(self) -> str:
        """The value as text, a NUL and all; DecodeError when its octets are no text of its type."""
        return der.decode_string(self.tag, self.value, "Name", self.offset)

    def encode(self) -> bytes:
        """AttributeTypeAndValue."""
        return der.sequence(der.oid(self.oid), der.tlv(self.tag, self.value))


Name = tuple[tuple[NameAttribute, ...], ...]
"""A sequence of relative distinguished names, each a set of attributes in the order they stand."""


def encode(name: Name) -> bytes:
    """The octets of a name, its attributes in the order of the record also within one RDN."""
    return der.sequence(*(der.tlv(tags.SET, b"".join(part.encode() for part in rdn)) for rdn in name))


def common_names(name: Name) -> tuple[NameAttribute, ...]:
    """Every CN of a name, in order."""
    return tuple(part for rdn in name for part in rdn if part.oid == COMMON_NAME)


def read(walk: der.Cursor, what: str) -> Name:
    """The Name that comes next; `what` is its name in the structure."""
    rdns = walk.into(tags.SEQUENCE, what)
    name = []
    while not rdns.at_end:
        parts = rdns.into(tags.SET, "RDN")
        rdn = []
        while not parts.at_end:
            rdn.append(_read_attribute(parts))
        name.append(tuple(rdn))
    return tuple(name)


def _read_attribute(parts: der.Cursor) -> NameAttribute:
    inner = parts.into(tags.SEQUENCE, "attribute")
    oid = inner.oid("type")
    value = inner.next(NAMES.get(oid, "value"))
    inner.finish()
    return NameAttribute(oid, value.tag, value.content, value.start)
