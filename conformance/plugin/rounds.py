"""A run that is a round of `drs-conformance fuzz`: its parent says what kind of round it is, in the environment.

The one rule: a round is a run like any other, and leaves the same stream and ledger. It only leaves out what its parent
does for all of them together (the reports), and what would be the same with another seed.
"""

from __future__ import annotations

import os
from typing import Any, Final

import pytest

ROUND: Final = "_DRS_ROUND"  # for no one but us
WHOLE, DRAWN, REPLAY = "whole", "drawn", "replay"
_DRAWS: Final = "walked"  # the word of the suites that takes a stretch of each family by the seed


def kind() -> str | None:
    """Which kind of round this process is: all tests, those that draw, those too but what was found before first."""
    return os.environ.get(ROUND, "").partition("/")[0] or None


def told(kind: str) -> dict[str, str]:
    """The environment of a child of this process that is such a round."""
    return {ROUND: f"{kind}/{os.getpid()}"}


def orphaned() -> bool:
    """Whether the parent is gone, and nobody takes up what this round finds."""
    parent = os.environ.get(ROUND, "").partition("/")[2]
    return bool(parent) and os.getppid() != int(parent)


def chosen(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests of this round."""
    return [item for item in items if draws(getattr(item, "obj", None))] if kind() in {DRAWN, REPLAY} else items


def draws(function: Any) -> bool:
    """Whether a test sends something else with another seed."""
    return hasattr(function, "hypothesis") or _DRAWS in getattr(getattr(function, "__code__", None), "co_names", ())
