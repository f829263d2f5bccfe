"""Dissection of a TPM's attestation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.codec import tpms
from conformance.codec.dissect.rows import Dissection, Recorder, unread
from conformance.codec.dissect.text import counted, quoted_octets
from conformance.codec.tpms import Attestation, AttestationType, PcrSelection
from conformance.errors import DecodeError

if TYPE_CHECKING:
    from conformance.codec.heard import Heard

_ALGORITHMS: Final = {0x04: "SHA-1", 0x0B: "SHA-256", 0x0C: "SHA-384", 0x0D: "SHA-512", 0x12: "SM3-256"}
_MILLISECONDS: Final = 1000
_NAME_FIELDS: Final = frozenset({"qualifiedSigner", "name", "qualifiedName", "objectName", "indexName"})
_TIME_FIELDS: Final = frozenset({"clock", "time"})
_HASH_FIELDS: Final = frozenset({"hash", "digestAlg"})


def attestation(data: bytes) -> Dissection:
    """A TPMS_ATTEST, as far as it can be read."""
    recorder = Recorder(_say)
    record, fault = None, None
    try:
        record = Attestation.decode(data, recorder)
    except DecodeError as error:
        fault = error
    return Dissection(tpms.STRUCTURE, len(data), unread(recorder.rows(), data), record, fault)


def _say(heard: Heard) -> str:
    if isinstance(heard.value, bytes):
        return _say_octets(heard.field, heard.value)
    if isinstance(heard.value, int):
        return _say_number(heard.field, heard.value)
    return ""


def _say_octets(field: str, value: bytes) -> str:
    if field == "magic":
        return "TPM_GENERATED_VALUE" if value == tpms.GENERATED else quoted_octets(value)
    if field == "pcrSelect":
        pcrs = PcrSelection(0, value).pcrs
        return f"PCR {', '.join(map(str, pcrs))}" if pcrs else "no PCR"
    if field in _NAME_FIELDS and value[:2] and (hashed := _ALGORITHMS.get(int.from_bytes(value[:2], "big"))):
        return f"name of {len(value)} octets, by {hashed}"
    return counted(len(value))


def _say_number(field: str, value: int) -> str:
    if field == "type":
        known = {int(one): one.name for one in AttestationType}
        return f"TPM_ST_ATTEST_{known[value]}" if value in known else f"0x{value:04x}, no attestation of TPM 2.0"
    if field in _HASH_FIELDS:
        return _ALGORITHMS.get(value, f"algorithm 0x{value:04x}")
    if field in _TIME_FIELDS:
        return f"{value / _MILLISECONDS:.3f} seconds"
    if field == "firmwareVersion":
        return f"0x{value:016x}"
    if field in {"safe", "exclusiveSession"}:
        return {0: "no", 1: "yes"}.get(value, str(value))
    return str(value)
