"""How often Python looks for garbage in a run: seldom, for what was there before the tests stays to the end.

The one rule: what was set is set back, however the run ends; not before pytest has looked for garbage of its own.
"""

from __future__ import annotations

import gc
import warnings
from typing import Final

import pytest

YOUNG: Final = 20_000  # objects beyond those that ended by themselves, before it looks: some megabytes


class Garbage:
    """Of one process that runs tests."""

    def __init__(self, config: pytest.Config) -> None:
        self._before = gc.get_threshold()
        self._cut_short = False
        config.add_cleanup(self._set_back)

    def pytest_collection_finish(self) -> None:
        """Nothing that was imported or collected is looked through again and again."""
        gc.freeze()
        gc.set_threshold(YOUNG, *self._before[1:])

    def pytest_keyboard_interrupt(self) -> None:
        """A test was ended in the middle."""
        self._cut_short = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        """What an interrupted test had no time to close is nothing to tell a user when pytest looks for garbage."""
        if self._cut_short:
            warnings.simplefilter("ignore", ResourceWarning)

    def _set_back(self) -> None:
        gc.set_threshold(*self._before)
        gc.unfreeze()
