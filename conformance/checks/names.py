"""Names of certificates (RFC 5280 4.1.2.4) compared and shown, whatever octets stand in them.

The one rule: names are compared as RFC 5280 7.1 has it, without case and superfluous white space, and an RDN as a set;
a value that is no text is compared by its octets.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from conformance.codec.name import NAMES, Name, NameAttribute
from conformance.errors import DecodeError

_SHORT: Final = {
    "commonName": "CN",
    "organizationalUnitName": "OU",
    "organizationName": "O",
    "countryName": "C",
    "domainComponent": "DC",
}
_WIDEST: Final = 120


def same(one: Name, other: Name) -> bool:
    """Whether two names are one."""
    return canonical(one) == canonical(other)


def canonical(name: Name) -> tuple[tuple[tuple[str, str], ...], ...]:
    """A name in the form in which equal names are equal."""
    return tuple(tuple(sorted((part.oid, _folded(part)) for part in rdn)) for rdn in name)


def _folded(part: NameAttribute) -> str:
    return " ".join(unicodedata.normalize("NFKC", text(part)).casefold().split())


def text(part: NameAttribute) -> str:
    """A value as text, a NUL and all; the hexadecimal digits of its octets where it is none."""
    try:
        return part.text
    except DecodeError:
        return f"#{part.value.hex()}"


def shown(name: Name) -> str:
    """A name in one short line of printable ASCII, an RDN of several values joined by `+`; `(empty)` for none."""
    rdns = ("+".join(f"{_type(part)}={ascii(text(part))[1:-1]}" for part in rdn) for rdn in name)
    line = ",".join(rdns) or "(empty)"
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 3]}..."


def _type(part: NameAttribute) -> str:
    known = NAMES.get(part.oid, part.oid)
    return _SHORT.get(known, known)
