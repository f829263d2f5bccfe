"""Signals that end a run: the first as Ctrl-C does, with results written; the second at once.

The one rule: however a run is ended, no reference server outlives it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Protocol, Self

from conformance.errors import ConformanceError
from conformance.kit.shield import SHIELD
from conformance.plugin import embedded

_SHOW_CURSOR = b"\x1b[?25h"


class Interruptible(Protocol):
    """What a signal is told to: it ends in good order, and once it is finishing nothing may keep it from that."""

    interrupted: bool
    finishing: bool


class Interrupts:
    """Handles the signals until it is closed; `run` is told to it once there is one."""

    def __init__(self) -> None:
        self.run: Interruptible | None = None
        self._count = 0
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._signalled) for number in embedded.SIGNALS}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """The signals do what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._count > 1:
            self._end_at_once()
        if self.run is not None:
            if self.run.finishing:
                return
            self.run.interrupted = True  # to be found out where Python loses an exception: in __del__, in a gc callback
        if SHIELD.strike():
            return
        raise KeyboardInterrupt

    def _end_at_once(self) -> None:
        embedded.kill_all()
        if sys.__stdout__ is not None and sys.__stdout__.isatty():
            with contextlib.suppress(OSError):
                os.write(sys.__stdout__.fileno(), _SHOW_CURSOR)
        os._exit(ConformanceError.exit_status)
