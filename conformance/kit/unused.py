"""Keys for the requests of one session: one that was certified goes into no further request, unless it may.

The one rule: a target may certify a key once only, as nothing in MS-DRS says that it may be certified again. New keys
cost time, so who has taken some is asked whether it takes one twice (`kit.twins`), and then gets no more of them.
"""

from __future__ import annotations

from binascii import a2b_base64
from contextlib import suppress
from typing import Final

from conformance.generate import keys

_ENOUGH: Final = 16  # devices, after which it is worth a request to know


class Unused:
    """The keys of the pool, and in place of each that was certified one that no request had, while there are such."""

    def __init__(self) -> None:
        self._keys = list(keys.pool())
        self._new = 0
        self._used: list[keys.PoolKey] = []
        self.once: bool | None = None
        """Whether the target certifies a key once only; None while that is not known."""

    def doubtful(self) -> keys.PoolKey | None:
        """A certified key to ask with whether it may be certified again, where that is to be asked now."""
        return self._used[-1] if self.once is None and len(self._used) >= _ENOUGH else None

    def nth(self, number: int) -> keys.PoolKey:
        """A key that no device has, where that matters; the same for a number until a device has it."""
        return self._keys[number % len(self._keys)]

    def new(self) -> keys.PoolKey:
        """A key that no other request of the session has; of some 2,000, after which they start over."""
        self._new += 1
        return keys.paired((self._new - 1) % keys.pairs())

    def certified(self, raw: str) -> None:
        """A device has the key in this certificate, which is base64 as it came."""
        if self.once is False:
            return
        with suppress(ValueError):  # that it is none is for the checks to say
            certificate = a2b_base64(raw)
            used = [place for place, key in enumerate(self._keys) if key.spki_der in certificate]
            self._used += [self._keys[place] for place in used]
            for place in used:
                self._keys[place] = self.new()
