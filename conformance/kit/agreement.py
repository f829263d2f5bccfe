"""What only TLS can show of a target: the versions it agrees to, and a request over HTTP/2 where that is offered.

The one rule: a handshake counts as a request and waits its turn as one, and what is sent over HTTP/2 goes through the
session's own rules: nothing once the target is given up, devices written down, tokens remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from conformance.client import Transport, handshake
from conformance.client import protocol as steps
from conformance.errors import TargetError
from conformance.exchange import Exchange
from conformance.kit.session import Session

OLD = handshake.OLD
Agreed = handshake.Agreed


def old_version(session: Session, url: str, version: str) -> Agreed:
    """Whether the target agrees to an old version of TLS. Raises `TargetError` once it is given up."""
    _take_turn(session)
    return handshake.old_version(session.target, url, version)


def http2(session: Session, url: str) -> Agreed:
    """What the target agrees to where HTTP/2 is offered to it. Raises `TargetError` once it is given up."""
    _take_turn(session)
    return handshake.http2(session.target, url)


def _take_turn(session: Session) -> None:
    if session.stopped:
        raise TargetError(session.stopped)
    session.transport.pace.take()
    session.transport.requests += 1


@contextmanager
def over_http2(session: Session) -> Iterator[Over]:
    """One connection on which HTTP/2 is spoken, if the target agrees to it."""
    with Transport(session.target, session.secrets, pace=session.transport.pace, http2=True) as transport:
        yield Over(session, transport)
        session.transport.requests += transport.requests


class Over:
    """Sends steps over a connection of its own."""

    def __init__(self, session: Session, transport: Transport) -> None:
        self._session = session
        self._transport = transport

    def send(self, step: steps.Step, label: str, token: str | None = None) -> Exchange:
        """One step and what came of it; its device, if one came, is recorded. Raises as `Session.send_join` does."""
        if self._session.stopped:
            raise TargetError(self._session.stopped)
        sent = step.headers
        if token is not None:
            sent = (*sent, ("Authorization", f"Bearer {self._session.secrets.add(token)}"))
        transport = self._transport
        exchange = self._session.patience.over(
            lambda: transport.send(step.method, step.url, headers=sent, body=step.body, label=label)
        )
        self._session.saw_join(exchange)
        return exchange
