"""Waiting where a target says that it is busy: 429 and 503, with Retry-After or without (RFC 9110 15.6.4, RFC 6585 4).

The one rule: who is busy is not blamed, and who is busy for good is not waited for. A request is sent again a few times
at most; once that did not help, or a run has waited long enough, answers are taken as they come. Where others use the
target too, it is waited for longer, and then left alone, as it asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from conformance.checks import crowd
from conformance.exchange import Exchange

_TIMES: Final = 2
_LONGEST: Final = 5.0  # seconds; whoever asks for more has closed for now
_LEFT_TO_OTHERS: Final = 600.0
_LONGEST_TO_OTHERS: Final = 120.0
_UNSAID: Final = 1.0  # seconds to wait for who does not say how long: a Retry-After MAY be sent
_LEAST: Final = 0.5  # what asking again costs of the patience, however soon it is


@dataclass(slots=True)
class Patience:
    """How many seconds a session may yet spend on waiting."""

    left: float = 60.0
    longest: float = _LONGEST
    waits: list[float] = field(default_factory=list)  # what was waited for, each time a request was sent again
    asked: float | None = None  # by the last answer, where that is longer than there is patience

    @classmethod
    def towards_others(cls) -> Patience:
        """As much as there is towards a target that others use too."""
        return cls(_LEFT_TO_OTHERS, _LONGEST_TO_OTHERS)

    def end(self) -> str | None:
        """Why nothing more is to be sent: the target asked to be left alone for longer than there is patience."""
        if self.asked is None or self.longest == _LONGEST:
            return None
        return (
            f"the target asks to wait for {self.asked:.0f} seconds (Retry-After), longer than a run waits; run it later"
        )

    def over(self, send: Callable[[], Exchange]) -> Exchange:
        """Sends, and sends again when that was asked for; the last answer."""
        exchange = send()
        for _ in range(_TIMES):
            said = asked_to_wait(exchange)
            wait = _UNSAID if said is None and crowd.busy(exchange) else said
            if wait is None or wait > min(self.longest, self.left):
                self.asked = said
                return exchange
            self.left -= max(wait, _LEAST)
            self.waits.append(wait)
            time.sleep(wait)
            exchange = send()
        if crowd.busy(exchange):
            self.left, self.asked = 0.0, asked_to_wait(exchange)
        return exchange


def asked_to_wait(exchange: Exchange) -> float | None:
    """The seconds of a busy answer's Retry-After; None where nothing asks to wait."""
    answer = exchange.answer
    said = answer.header("Retry-After") if answer is not None and crowd.busy(exchange) else None
    if said is None:
        return None
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no date, or one without its zone
        return None
