"""The classes of defects, and which six of each are compared.

The one rule: the choice was made before the comparison was run, by a rule that looks at nothing but names: of each
class the six whose names have the smallest SHA-256. `chosen.json` is that choice; what the server learns later does
not alter it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from conformance.server.defects import Defect

PER_CLASS: Final = 6
CHOSEN: Final = Path(__file__).with_name("chosen.json")
CLASSES: Final = ("HTTP", "JSON", "base64", "DER", "CSR", "blob", "certificate", "state")
ROWS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("base64", ("*-base64", "*-base64-canonical")),
    (
        "JSON",
        ("join-request/*-required", "join-request/*-type", "join-request/csr-type-string", "join-request/*-object"),
    ),
    ("blob", ("join-request/transport-key-*", "join-request/attestation-[!o]*")),
    (
        "DER",
        (
            "join-request/csr-der",
            "join-request/csr-trailing",
            "join-request/csr-structure",
            "*/aik-certificate-structure",
            "*/raw-body-*",
        ),
    ),
    (
        "state",
        (
            "join-request/csr-nonce-*",
            "join-request/challenge-expired",
            "join-request/challenge-single-use",
            "join-request/challenge-tenant",
            "nonce/unique",
            "nonce/unpredictable",
            "nonce/at-once",
            "nonce/accepted-by-domain-name",
            "device/at-once-*",
            "device/in-any-order",
            "device/creates",
            "join-request/attributes-reuse-device",
            "join-request/attributes-shared-device",
            "processing/refusal-leaves-nothing",
            "processing/goes-on",
            "join-answer/certificate-serial-unique",
        ),
    ),
    ("CSR", ("join-request/csr-*",)),
    ("certificate", ("join-answer/certificate-*", "join-answer/thumbprint-value")),
    ("HTTP", ("*/status", "*/media-type", "*/allow", "*/other-methods", "*/head-*", "*/no-token", "*/not-stored")),
    ("HTTP", ("*/unknown-*", "*/malformed-version", "*/malformed-tenant", "*-case", "*/tenant-id", "*/domain-name")),
    ("HTTP", ("discovery/headers-accepted", "join-request/challenge-signature", "join-request/challenge-unsigned")),
    (
        "JSON",
        ("join-request/*", "join-answer/*", "discovery/*", "nonce/*", "processing/json-*", "processing/malformed-json"),
    ),
    ("HTTP", ("*",)),
)
"""Patterns of the ids of what a defect breaks; the first row that one of them fits has the defect's class."""


def class_of(ids: Iterable[str]) -> str:
    """The class of a defect that breaks these requirements."""
    known = tuple(ids)
    return next(name for name, patterns in ROWS if any(fnmatchcase(id_, one) for id_ in known for one in patterns))


def by_rule(known: Iterable[Defect]) -> dict[str, list[str]]:
    """The choice, class by class; the first of each are the first to be compared where there is time for a few only.

    Defects that show over TLS alone are left out, since the comparison is over plain HTTP.
    """
    found: dict[str, list[str]] = {name: [] for name in CLASSES}
    for defect in known:
        if not getattr(defect, "tls", False):
            found[class_of(defect.breaks)].append(defect.name)
    return {name: sorted(names, key=_place)[:PER_CLASS] for name, names in found.items()}


def _place(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def chosen() -> dict[str, list[str]]:
    """The defects that are compared, by class."""
    value: dict[str, list[str]] = json.loads(CHOSEN.read_text(encoding="utf-8"))["classes"]
    return value
