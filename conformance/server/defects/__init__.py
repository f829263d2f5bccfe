"""Deliberate defects: servers that are wrong in one known way, so that the suite can be shown to see it.

Importing this package registers all of them, a module per part of the document. Whoever lists them (`catalogue`,
`prove`) calls `defects()`.
"""

from __future__ import annotations

from . import discovery, join_answer, join_request, nonce, tokens
from .registry import Defect, apply, defect, defects, find

__all__ = [
    "Defect",
    "apply",
    "defect",
    "defects",
    "discovery",
    "find",
    "join_answer",
    "join_request",
    "nonce",
    "tokens",
]
