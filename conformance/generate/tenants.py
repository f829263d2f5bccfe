"""What stands for a tenant in a path (3.1, 3.2): known names spelled otherwise, unknown names, and what is no name.

The one rule: nothing here is by chance a name of the tenant under test but for its case.
"""

from __future__ import annotations

import string
from typing import Final

from hypothesis import strategies as st

from conformance.generate.from_schema import ENCODABLE

_HOST: Final = frozenset((string.ascii_letters + string.digits + "-._~").encode())
_LABEL: Final = r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?"

NIL: Final = "00000000-0000-0000-0000-000000000000"  # RFC 9562 5.9: of no tenant, and what a missing id is read as
UNKNOWN_IDS: Final = st.uuids(version=4).map(str)
UNKNOWN_DOMAINS: Final = st.from_regex(_LABEL, fullmatch=True, alphabet=ENCODABLE).map(
    lambda label: f"{label}.invalid"  # RFC 6761 6.4
)
MALFORMED: Final = st.sampled_from(
    (
        b"not a tenant",
        b"{tenantId}",
        b"\x00",
        b"\xff\xfe",
        b"<tenant>",
        b"' OR ''='",
        b"%s%n",
        b"x" * 300,
        b"a b.example",
    )
) | st.binary(min_size=1, max_size=40).filter(lambda octets: b"/" not in octets and bool(set(octets) - _HOST))
"""Octets of a path segment that are neither a GUID nor a host name (RFC 1123 2.1)."""

NO_VERSIONS: Final = st.just("latest") | st.text(string.ascii_letters, min_size=1, max_size=12)


def nearly(*names: str) -> tuple[str, ...]:
    """Domain names of nobody that begin or end as these names of a tenant do, and what every object of JavaScript has.

    The first cannot be owned (RFC 6761 6.4), the second could.
    """
    near = (spelled for name in names for spelled in (f"{name}.invalid", f"drs-conformance-{name}"))
    return (*dict.fromkeys(near), "constructor")


def letters(name: str) -> int:
    """How many letters of a name have two cases."""
    return sum(letter.lower() != letter.upper() for letter in name)


def respelled(name: str, mask: int) -> str:
    """The name with some of its letters in the other case, never none of them; `mask` chooses. It must have letters."""
    chosen = mask % (2 ** letters(name) - 1) + 1
    spelled = []
    for letter in name:
        if letter.lower() == letter.upper():
            spelled.append(letter)
            continue
        chosen, swap = divmod(chosen, 2)
        spelled.append(letter.swapcase() if swap else letter)
    return "".join(spelled)
