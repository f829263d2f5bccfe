"""Ctrl-C waits where it would cut something in two: a request that may create a device, or the line of a record.

So no device is made that nobody knows of, and no line runs into the next.
The one rule: it waits for one of these and not for more; who presses it twice is heard at once (`plugin.interrupts`).
"""

from __future__ import annotations


class Shield:
    """Entered around what is to be whole; an interrupt is raised at its end. Of the main thread, as signals are."""

    def __init__(self) -> None:
        self._depth = 0
        self._struck = False

    def strike(self) -> bool:
        """An interrupt came: whether it waits until the shield is left."""
        self._struck = self._depth > 0
        return self._struck

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._struck and not self._depth:
            self._struck = False
            raise KeyboardInterrupt


SHIELD = Shield()
