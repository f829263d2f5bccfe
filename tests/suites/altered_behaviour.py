"""The reference server altered at its seam while it runs, as its defects alter it: what it answers, what it signs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from conformance.client import Fixed
from conformance.kit import Session
from conformance.plugin.embedded import credentials_of
from conformance.server import hosting
from conformance.server.app import application
from conformance.server.asked import Asked, Reply
from conformance.server.behaviour import Behaviour, strict
from conformance.server.case import Joined
from conformance.server.certificate import Extension, Order
from conformance.server.foreground import running
from conformance.server.settings import Ready, Settings
from suites.suite_runner import Came, run, session_with

Alter = Callable[[Behaviour], Behaviour]


class Server:
    """A running server, and the handle by which its behaviour is changed."""

    def __init__(self, ready: Ready, service: Any) -> None:
        self.ready = ready
        self._service = service

    def answers(
        self, alter: Alter, modules: Iterable[ModuleType], *, minted: bool = False, challenge: str = ""
    ) -> Came:
        """How suites come out with the behaviour so altered; `minted` with all that a user can give: one late nonce.

        `challenge` is the one there is then.
        """
        session = self.session(alter)
        if minted:
            credentials = credentials_of(self.ready.document(), session.target)
            late = credentials.expired_nonce
            session.credentials = replace(credentials, expired_nonce=Fixed(late.next()) if late else None)
        if challenge:
            session.credentials = replace(session.credentials, challenge=Fixed(challenge))
        return run(session, modules)

    def session(self, alter: Alter, **network: Any) -> Session:
        """A session with the server so altered; `network` says how it is reached."""
        object.__setattr__(self._service, "behaviour", alter(strict()))
        session = session_with(self.ready)
        session.transport.close()
        ca = Path(self.ready.ca) if self.ready.url.startswith("https:") else None
        reached = replace(session.target.network, **network)
        session.target = replace(session.target, tls_ca=ca, network=reached)
        session.transport = type(session.transport)(session.target, session.secrets)
        return session


@contextmanager
def served(*, tls: bool = False) -> Iterator[Server]:
    """A server in a thread of this process."""
    services: list[Any] = []

    def seen(service: Any) -> Any:
        services.append(service)
        return application(service)

    with mock.patch.object(hosting, "application", seen), running(Settings(tls=tls)) as ready:
        yield Server(ready, services[0])


def says(change: Callable[[dict[str, Any]], object]) -> Alter:
    """Changes the JSON object of every answer to a join, in place."""

    def alter(honest: Behaviour) -> Behaviour:
        def document(joined: Joined) -> dict[str, Any]:
            value = honest.join_document(joined)
            change(value)
            return value

        return replace(honest, join_document=document)

    return alter


def put(member: str, name: str, value: Any) -> Alter:
    """Every answer has this in place of what is right; a function makes it of that."""

    def change(body: dict[str, Any]) -> None:
        body[member][name] = value(body[member][name]) if callable(value) else value

    return says(change)


def replies(change: Callable[[Reply], Reply]) -> Alter:
    """Changes every answer to a join as it goes out."""

    def alter(honest: Behaviour) -> Behaviour:
        def reply(asked: Asked, made: Reply) -> Reply:
            joins = asked.method == "POST" and made.status == honest.join_status and b"RawBody" in made.body
            return change(made) if joins else made

        return replace(honest, reply=reply)

    return alter


def orders(**fields: Any) -> Alter:
    """Certificates are signed that say this; a function makes it of what is right."""

    def change(order: Order, _holder: Any, _case: Any) -> Order:
        made = {name: value(getattr(order, name)) if callable(value) else value for name, value in fields.items()}
        return replace(order, **made)

    return lambda honest: replace(honest, order=change)


def having(oid: str, value: bytes, *, twice: bool = False) -> Alter:
    """Certificates have this extension in place of theirs, or beside it."""
    return orders(extensions=lambda found: (*(one for one in found if twice or one.oid != oid), Extension(oid, value)))
