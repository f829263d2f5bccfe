"""While tests run Python looks for garbage seldom, and afterwards as before."""

from __future__ import annotations

import gc
import warnings
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.plugin.garbage import YOUNG, Garbage


def test_what_was_set_is_set_back() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with ExitStack() as cleanups:
        config: Any = SimpleNamespace(add_cleanup=cleanups.callback)
        garbage = Garbage(config)
        assert gc.get_threshold() == before[0]
        garbage.pytest_collection_finish()
        assert gc.get_threshold() == (YOUNG, *before[0][1:])
        assert gc.get_freeze_count() > before[1]
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


@pytest.mark.parametrize("interrupted", [False, True])
def test_what_an_interrupted_test_left_open_is_not_told(interrupted: bool) -> None:
    config: Any = SimpleNamespace(add_cleanup=lambda _: None)
    garbage = Garbage(config)
    if interrupted:
        garbage.pytest_keyboard_interrupt()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        garbage.pytest_unconfigure()
        warnings.warn("unclosed", ResourceWarning, stacklevel=1)
    assert bool(told) is not interrupted
