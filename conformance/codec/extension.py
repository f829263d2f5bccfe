"""Extensions of a certificate or of a request (RFC 5280 4.2), and what the three a device certificate rests on say.

The one rule: an extension's value is octets; it is read by the function that knows its syntax, when someone asks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from conformance.codec import der
from conformance.codec.der import tags
from conformance.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterable

BASIC_CONSTRAINTS: Final = "2.5.29.19"
KEY_USAGE: Final = "2.5.29.15"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
CLIENT_AUTH: Final = "1.3.6.1.5.5.7.3.2"
KEY_USAGES: Final = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension; `value` is what its OCTET STRING holds, `offset` where that stands."""

    oid: str
    critical: bool
    value: bytes
    offset: int = field(default=0, compare=False)

    def encode(self) -> bytes:
        """Extension; `critical` is written only when true, as DER does with defaults."""
        critical = der.boolean(value=True) if self.critical else b""
        return der.sequence(der.oid(self.oid), critical, der.octet_string(self.value))


@dataclass(frozen=True, slots=True)
class BasicConstraints:
    """Whether the subject is a CA, and how many intermediate ones may follow (None: any number)."""

    ca: bool
    path_length: int | None = None


def encode(extensions: Iterable[Extension]) -> bytes:
    """Extensions: a sequence of them, in this order."""
    return der.sequence(*(extension.encode() for extension in extensions))


def read(walk: der.Cursor, what: str) -> tuple[Extension, ...]:
    """The Extensions that come next; `what` is their name in the structure."""
    return read_each(walk.into(tags.SEQUENCE, what))


def read_each(walk: der.Cursor) -> tuple[Extension, ...]:
    """Every Extension of a walk over the content of Extensions."""
    extensions = []
    while not walk.at_end:
        extensions.append(_read_one(walk))
    return tuple(extensions)


def _read_one(walk: der.Cursor) -> Extension:
    inner = walk.into(tags.SEQUENCE, "extension")
    oid = inner.oid("extnID")
    critical = _read_flag(inner, "critical")
    value = inner.take(tags.OCTET_STRING, "extnValue")
    inner.finish()
    return Extension(oid, critical, value.content, value.start)


def _read_flag(walk: der.Cursor, what: str) -> bool:
    """A BOOLEAN DEFAULT FALSE: DER writes it only when it is true (X.690 11.5)."""
    flag = walk.optional(tags.BOOLEAN, what)
    if flag is None:
        return False
    value = der.decode_boolean(flag.content, walk.structure, flag.start, strict=walk.strict)
    if walk.strict and not value:
        raise DecodeError(walk.structure, flag.offset, f"{walk.path}{what} is written false, which DER leaves out")
    return value


def basic_constraints(extension: Extension, *, strict: bool = True) -> BasicConstraints:
    """What a BasicConstraints extension says (RFC 5280 4.2.1.9)."""
    walk = _sequence(extension, "BasicConstraints", strict=strict)
    ca = _read_flag(walk, "cA")
    path_length = None if walk.at_end else walk.integer("pathLenConstraint")
    walk.finish()
    return BasicConstraints(ca, path_length)


def key_usage(extension: Extension, *, strict: bool = True) -> frozenset[str]:
    """The usages a KeyUsage extension names (RFC 5280 4.2.1.3); bits past the known nine come as `bit N`."""
    structure = "KeyUsage"
    whole = der.exact(extension.value, structure, tag=tags.BIT_STRING, base=extension.offset, strict=strict)
    octets, unused = der.decode_bit_string(whole.content, structure, whole.start, strict=strict)
    count = 8 * len(octets) - unused
    set_bits = (bit for bit in range(count) if octets[bit // 8] & 0x80 >> bit % 8)
    return frozenset(KEY_USAGES[bit] if bit < len(KEY_USAGES) else f"bit {bit}" for bit in set_bits)


def extended_key_usage(extension: Extension, *, strict: bool = True) -> tuple[str, ...]:
    """The purposes an ExtendedKeyUsage extension names, as object identifiers in order (RFC 5280 4.2.1.12)."""
    walk = _sequence(extension, "ExtKeyUsageSyntax", strict=strict)
    purposes = []
    while not walk.at_end:
        purposes.append(walk.oid("KeyPurposeId"))
    return tuple(purposes)


def _sequence(extension: Extension, structure: str, *, strict: bool) -> der.Cursor:
    walk = der.Cursor(extension.value, structure, base=extension.offset, strict=strict)
    inner = walk.into(tags.SEQUENCE, structure)
    walk.finish()
    return inner
