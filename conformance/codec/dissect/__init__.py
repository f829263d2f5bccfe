"""Dissections: every part of a structure as the codec read it, in rows for the eye.

The one rule: rows say what stands there and nothing of whether it may; whoever shows them joins that to a row's `key`.
"""

from conformance.codec.dissect.attestation import attestation
from conformance.codec.dissect.blob import transport_key
from conformance.codec.dissect.certificates import certificate, request
from conformance.codec.dissect.nonce import nonce
from conformance.codec.dissect.rows import Dissection, Row
from conformance.codec.dissect.text import printable

__all__ = [
    "Dissection",
    "Row",
    "attestation",
    "certificate",
    "nonce",
    "printable",
    "request",
    "transport_key",
]
