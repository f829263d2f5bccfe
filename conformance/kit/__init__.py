"""The words of a test case: the case itself, its twins, the requirements it declares, the steps of the protocol."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from conformance.client import Conversation, Ending, Identity, Message, chunk
from conformance.client import protocol as steps
from conformance.client.secrets import claims
from conformance.exchange import Exchange
from conformance.kit.case import BUSY, Case, CheckFailed, edit_record
from conformance.kit.outcomes import Made, NotOffered, QuotaReached, Unproven
from conformance.kit.profile import PROFILES, Profile, profile
from conformance.kit.session import Session
from conformance.kit.twins import Twin, Twins

__all__ = [
    "BUSY",
    "PROFILES",
    "Case",
    "CheckFailed",
    "Conversation",
    "Ending",
    "Exchange",
    "Identity",
    "Made",
    "Message",
    "NotOffered",
    "Profile",
    "QuotaReached",
    "Session",
    "Twin",
    "Twins",
    "Unproven",
    "chunk",
    "claims",
    "edit_record",
    "may_bear_on",
    "only",
    "profile",
    "requirement",
    "steps",
]


def only(values: Iterable[str], selection: frozenset[str] | None) -> list[str]:
    """The values that were selected, in order; all of them when nothing was."""
    return [value for value in values if selection is None or value in selection]


def requirement(*ids: str) -> pytest.MarkDecorator:
    """Declares the requirements a test bears on; what it needs follows from the catalogue."""
    return pytest.mark.requirement(*ids)


def may_bear_on(*ids: str) -> pytest.MarkDecorator:
    """Declares requirements that a test bears on when chance has it so; else nothing is recorded of them."""
    return pytest.mark.requirement(*ids, maybe=True)
