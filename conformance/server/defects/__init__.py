"""Deliberate defects: servers that are wrong in one known way, so that the suite can be shown to see it.

Importing this package registers all of them, a module per part of the document. Whoever lists them (`catalogue`,
`prove`) calls `defects()`.
"""

from __future__ import annotations

from . import (
    answer_details,
    certificate,
    device,
    discovery,
    join_answer,
    join_csr,
    join_keys,
    join_members,
    nonce,
    processing,
    tokens,
)
from .registry import Defect, apply, defect, defects, find

__all__ = [
    "Defect",
    "answer_details",
    "apply",
    "certificate",
    "defect",
    "defects",
    "device",
    "discovery",
    "find",
    "join_answer",
    "join_csr",
    "join_keys",
    "join_members",
    "nonce",
    "processing",
    "tokens",
]
