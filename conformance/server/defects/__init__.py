"""Deliberate defects: servers that are wrong in one known way, so that the suite can be shown to see it.

Importing this package registers all of them, a module per part of the document. Whoever lists them (`catalogue`,
`prove`) calls `defects()`.
"""

from __future__ import annotations

from . import (
    answer_details,
    certificate,
    challenge,
    crowds,
    device,
    discovery,
    framing,
    join_answer,
    join_attested,
    join_conforming,
    join_csr,
    join_keys,
    join_members,
    join_partly,
    join_recalled,
    join_spent,
    nonce,
    precreate,
    processing,
    services,
    token_texts,
    tokens,
    transport,
)
from .registry import Defect, apply, defect, defects, find

__all__ = [
    "Defect",
    "answer_details",
    "apply",
    "certificate",
    "challenge",
    "crowds",
    "defect",
    "defects",
    "device",
    "discovery",
    "find",
    "framing",
    "join_answer",
    "join_attested",
    "join_conforming",
    "join_csr",
    "join_keys",
    "join_members",
    "join_partly",
    "join_recalled",
    "join_spent",
    "nonce",
    "precreate",
    "processing",
    "services",
    "token_texts",
    "tokens",
    "transport",
]
