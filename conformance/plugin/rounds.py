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


_PARENT: Final = os.getppid()  # as it was when this process began


def kind() -> str | None:
    """Which kind of round this process is: all tests, those that draw, those too but what was found before first.

    A run that a round begins for itself (a rehearsal) has its environment, and is none.
    """
    word, _, parent = os.environ.get(ROUND, "").partition("/")
    return word if parent == str(_PARENT) else None


def told(kind: str) -> dict[str, str]:
    """The environment of a child of this process that is such a round."""
    return {ROUND: f"{kind}/{os.getpid()}"}


def orphaned() -> bool:
    """Whether the parent is gone, and nobody takes up what this round finds."""
    return kind() is not None and os.getppid() != _PARENT


def chosen(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests of this round."""
    return [item for item in items if draws(getattr(item, "obj", None))] if kind() in {DRAWN, REPLAY} else items


def draws(function: Any) -> bool:
    """Whether a test sends something else with another seed."""
    return hasattr(function, "hypothesis") or _DRAWS in getattr(getattr(function, "__code__", None), "co_names", ())
