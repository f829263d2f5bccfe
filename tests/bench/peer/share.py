"""How much of a core a process got while another ran: what tells a slow tool from a busy machine.

The one rule: it measures what it is itself given, at the priority of whoever asks, a few milliseconds at a time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

LEAST: Final = 0.25
"""The share of a core below which a run says more of the machine than of the tool, and is not kept."""
_SPIN: Final = 0.004  # seconds of CPU, a try
_PAUSE: Final = 0.4  # seconds between tries, so that it takes a hundredth of a core


@dataclass(slots=True)
class Share:
    """`value` is the part of a core that was given where one was wanted: 1 on an idle machine."""

    samples: list[float] = field(default_factory=list)

    @property
    def value(self) -> float:
        """The mean of all tries; 1 where there was time for none."""
        return round(fmean(self.samples), 2) if self.samples else 1.0

    def sample(self) -> None:
        """One try."""
        wall, cpu = time.perf_counter(), time.thread_time()
        while (used := time.thread_time() - cpu) < _SPIN:
            pass
        self.samples.append(min(1.0, used / (time.perf_counter() - wall)))


@contextmanager
def watched() -> Iterator[Share]:
    """Measures until the block ends."""
    share, over = Share(), threading.Event()

    def watch() -> None:
        while not over.wait(_PAUSE):
            share.sample()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield share
    finally:
        over.set()
        thread.join()
