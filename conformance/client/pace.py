"""How fast requests follow each other: never more than so many a second, whoever sends them.

The one rule: time that was not used is not saved up, so that no second has more requests in it than were allowed, but
for those that a case sends at once on purpose: they are paid for afterwards.
"""

from __future__ import annotations

import threading
import time


class Pace:
    """One for all the threads of a process; without a rate nobody waits."""

    def __init__(self, rate: float | None = None) -> None:
        """`rate` is of requests a second."""
        self._apart = 1 / rate if rate else 0.0
        self._lock = threading.Lock()
        self._free = 0.0

    def take(self, number: int = 1) -> None:
        """Waits until so many requests may be sent, together."""
        if not self._apart:
            return
        with self._lock:
            now = time.monotonic()
            begins = max(now, self._free)
            self._free = begins + number * self._apart
        time.sleep(begins - now)
