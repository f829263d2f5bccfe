"""Defects in the check of bearer tokens (3.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .registry import defect

if TYPE_CHECKING:
    from conformance.server.behaviour import Behaviour


@defect(breaks={"join-service/token-audience"})
def takes_any_audience(honest: Behaviour) -> Behaviour:
    """Accepts a token that was issued for another service."""
    return replace(honest, accept_token=honest.accept_token.without("audience"))
