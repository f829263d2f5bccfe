"""Ctrl-C waits for the answer to a request that may create a device, so that none is made that nobody knows of.

The one rule: it waits for one answer and not for more; who presses it twice is heard at once (`plugin.interrupts`).
"""

from __future__ import annotations


class Shield:
    """Entered around such requests; `struck` while an interrupt waits. Of the main thread, where signals arrive."""

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
