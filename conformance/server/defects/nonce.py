"""Defects in the nonce service and in what becomes of a nonce (3.2, 2.1.1.1.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .registry import defect

if TYPE_CHECKING:
    from conformance.server.behaviour import Behaviour


@defect(breaks={"join-request/csr-nonce-reused"})
def forgets_spent_nonces(honest: Behaviour) -> Behaviour:
    """Accepts a nonce as often as it comes."""
    return replace(
        honest,
        accept_nonce=honest.accept_nonce.without("unspent"),
        spend_nonce=lambda _store, _digest: True,
    )
