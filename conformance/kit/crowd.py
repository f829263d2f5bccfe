"""Many requests in flight, each on a connection of its own, and what a token says of its user.

The one rule: every request is held back by its last octet until all the others are there too, so that the target has
all of them in hand at one moment, whatever threads would make of it; the answers are then read in the requests' order.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from conformance.client import Message
from conformance.client import protocol as steps
from conformance.client.secrets import claims
from conformance.exchange import Exchange, FailureKind
from conformance.kit.outcomes import QuotaReached
from conformance.kit.session import Session

_SOON = 0.2  # seconds: what has not come when another answer was waited for in vain comes at once, or not at all


@dataclass(frozen=True, slots=True)
class Parcel:
    """One of many requests: a step, in words what it is, and its bearer token where it has one."""

    step: steps.Step
    label: str
    token: str | None = field(default=None, repr=False)

    def message(self, session: Session) -> Message:
        """Its octets; the connection is for this request alone, so that even who serves one at a time can go on."""
        token = session.secrets.add(self.token) if self.token is not None else None
        return session.message(self.step, token).adding(("Connection", "close"))


def at_once(session: Session, parcels: Sequence[Parcel]) -> tuple[Exchange, ...]:
    """Sends all of them together; an answer or failure for each, in order.

    Raises `TargetError` and `QuotaReached` as `Session` does, the latter when all answers have been read.
    Devices that came of them are recorded. One answer may take as long as any request may; once one took longer, the
    others are given no time of their own, so that a target that died is waited for once.
    """
    messages = [parcel.message(session) for parcel in parcels]
    exchanges = []
    full: QuotaReached | None = None
    with ExitStack() as open_ones:
        open_ones.enter_context(session.joining(len(parcels)))
        waiting = [session.converse(parcel.step.url) for parcel in parcels]  # as long as the run's pace has it
        lines = [open_ones.enter_context(line) for line in waiting]
        for line, message in zip(lines, messages, strict=True):
            line.send(message.octets[:-1])
        for line, message in zip(lines, messages, strict=True):
            line.go_on(message.octets[-1:])
        timeout = session.target.timeout
        for line, message, parcel in zip(lines, messages, parcels, strict=True):
            exchange = line.answer(message, parcel.label, timeout)
            try:
                session.saw_join(exchange)
            except QuotaReached as reason:  # the devices of the others are to be recorded too
                full = full or reason
            exchanges.append(exchange)
            if exchange.failure is not None and exchange.failure.kind is FailureKind.TIMEOUT:
                timeout = _SOON
    if full is not None:
        raise full
    return tuple(exchanges)


def user_of(token: str) -> str | None:
    """The user that a token names in its claim `upn`; None where it names none, or is no JWT."""
    upn = claims(token).get("upn")
    return upn if isinstance(upn, str) and upn else None
