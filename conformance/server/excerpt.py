"""Which bytes of a refused request are at fault: the codecs' dissection, cut down to the way to them.

The one rule: what is shown is what the client sent, as it stands there; runs of characters that could be a token, and
whatever follows the modulus of a transport key (private primes, where a client sends them), are not.
"""

from __future__ import annotations

import binascii
import json
import re
from typing import TYPE_CHECKING, Any

from conformance.codec import dissect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.codec.dissect import Dissection, Row

    from .refusal import Fault

DISSECT: Mapping[str, Callable[[bytes], Dissection]] = {
    "CertificateRequest.Data": dissect.request,
    "TransportKey": dissect.transport_key,
    "kngc": dissect.transport_key,
    "AikCertificate": dissect.certificate,
    "AttestationData": dissect.attestation,
}
KEYS = frozenset({"TransportKey", "kngc"})
PRIVATE = frozenset({"Prime1", "Prime2", "unread"})  # of a key: what follows the modulus
RUN = re.compile(r"[A-Za-z0-9_.+/\-]{20,}")
AROUND = 20
OCTETS = 12


def excerpt(body: bytes, fault: Fault) -> list[str]:
    """The lines that show a fault; none where it cannot be found in the body again."""
    if not fault.member:
        text = body.decode("utf-8" if fault.text else "latin-1", "replace")
        return _characters("the body", text, fault.offset or 0)
    given = _member(body, fault.member)
    if given is None:
        return []
    if fault.text:
        return _characters(fault.member, given, fault.offset or 0)
    try:
        data = binascii.a2b_base64(given)
    except (ValueError, binascii.Error):
        return []
    return _octets(fault, data)


def _member(body: bytes, name: str) -> str | None:
    try:
        value: Any = json.loads(body)
        for step in name.split("."):
            value = value[step]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return value if isinstance(value, str) else None


def _characters(what: str, text: str, offset: int) -> list[str]:
    """The text around a character, and a mark below it; every character takes one column."""
    start, end = max(0, offset - AROUND), offset + AROUND
    runs = [range(run.start(), run.end()) for run in RUN.finditer(text) if run.start() < end and run.end() > start]
    shown = ""
    for place, char in enumerate(text[start:end], start):
        hidden = place != offset and any(place in run for run in runs)
        shown += "*" if hidden else char if " " <= char <= "~" else "."
    before = f"{what}, {len(text)} characters, from {start}: "
    return [before + shown, " " * (len(before) + offset - start) + "^"]


def _octets(fault: Fault, data: bytes) -> list[str]:
    """The parts that the fault lies within, from the outside in, and the part itself."""
    rows = DISSECT[fault.member](data).rows
    found = _row(rows, fault)
    if found is None:
        return []
    way, depth = [], rows[found].depth + 1
    for row in reversed(rows[: found + 1]):
        if row.depth < depth:
            way.append(row)
            depth = row.depth
    lines = [f"{fault.member}, {len(data)} octets:", *(_line(row, fault.member) for row in reversed(way))]
    return [*lines[:-1], f"{lines[-1]}  <-- here"]


def _line(row: Row, member: str) -> str:
    octets = f"({len(row.octets)} octets)" if member in KEYS and row.key in PRIVATE else _hexadecimal(row)
    return f"{row.offset:>6}  {octets:<39}  {'  ' * row.depth}{row.field}: {row.value}"


def _row(rows: tuple[Row, ...], fault: Fault) -> int | None:
    """The number of the part meant: by its key, or the innermost that holds the offset, the last for one behind all."""
    if fault.part:
        return next((number for number, row in enumerate(rows) if row.key == fault.part), None)
    offset = fault.offset or 0
    holding = [number for number, row in enumerate(rows) if row.offset <= offset < row.offset + max(row.length, 1)]
    return holding[-1] if holding else len(rows) - 1 if rows else None


def _hexadecimal(row: Row) -> str:
    shown = row.octets[:OCTETS].hex(" ")
    return shown if len(row.octets) <= OCTETS else f"{shown} ..."
