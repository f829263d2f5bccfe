"""One path of the server: what stands there by method, and everything HTTP around it, over ASGI.

The one rule: whatever arrives is read within bounds (`body_limit`, a time limit) before a handler sees it, and
whatever a handler refuses leaves in the behaviour's error shape.
"""

from __future__ import annotations

import re
import socket
import sqlite3
import struct
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from .asked import Asked, Reply
from .bodies import Gone, read_body
from .chaos import Ordeal, Reset
from .refusal import Refusal, Trouble, quoted

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from .handlers.service import Service

Handler = Callable[["Service", Asked], Reply]
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
UNABLE = Refusal(
    "The server cannot read or write its state now.",
    status=503,
    code="service_unavailable",
    headers={"Retry-After": "1"},
)


class Endpoint:
    """One path: its handlers by method, and everything HTTP around them."""

    def __init__(
        self, service: Service, operation: str, handlers: Mapping[str, Handler], otherwise: Handler | None = None
    ) -> None:
        self.service = service
        self.operation = operation
        self.handlers = handlers
        self.otherwise = otherwise
        methods = {*handlers, "HEAD"} if "GET" in handlers else set(handlers)
        self.allow = ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reads, handles, answers."""
        asked, began = _asked(scope), time.perf_counter()
        chaos, log = self.service.chaos, self.service.log
        ordeal = chaos(asked.path) if chaos else None
        try:
            asked, reply, refused = await self._handled(asked, receive, ordeal)
        except Gone:
            if log:
                log.left(asked)
            return
        except Reset:
            reply, refused = Reply(0), None
            await _reset(receive, scope)
        else:
            await _answer(send, scope, reply, whole=not (ordeal and ordeal.cuts))
            if ordeal and ordeal.cuts:
                await _broken_off(receive, scope)
        if log:
            log(asked, reply, refused, time.perf_counter() - began, ordeal.words if ordeal else "")

    async def _handled(
        self, asked: Asked, receive: Receive, ordeal: Ordeal | None
    ) -> tuple[Asked, Reply, Refusal | None]:
        """The request with its body, its answer, and the refusal in it; Gone or Reset where there is no answer."""
        refused: Refusal | None
        try:
            asked = replace(asked, body=await read_body(receive, asked, self.service.behaviour.body_limit))
            if ordeal:
                await ordeal.before(asked)
        except Refusal as problem:
            refused, reply = problem, self._out(asked, self._refused(asked, problem))
        else:
            asked, reply, refused = self.handled(asked)
        return asked, ordeal.after(reply) if ordeal else reply, refused

    def handled(self, asked: Asked) -> tuple[Asked, Reply, Refusal | None]:
        """A whole request as the behaviour reads it, its answer, and the refusal in it."""
        refused = None
        try:
            asked = self.service.behaviour.request(asked)
            reply = self._handler(asked.method)(self.service, asked)
        except Refusal as problem:
            refused, reply = problem, self._refused(asked, problem)
        except sqlite3.OperationalError:  # locked for too long, or the disk is full: nothing was kept
            refused, reply = UNABLE, self._refused(asked, UNABLE)
        return asked, self._out(asked, reply), refused

    def _out(self, asked: Asked, reply: Reply) -> Reply:
        return self.service.behaviour.reply(asked, _closing(asked, _correlated(asked, reply)))

    def _handler(self, method: str) -> Handler:
        handler = self.handlers.get("GET" if method == "HEAD" else method, self.otherwise)
        if handler is None:
            problem = f"The method {quoted(method)} is not allowed here, {self.allow} is."
            raise Refusal(problem, status=405, headers={"Allow": self.allow})
        return handler

    def _refused(self, asked: Asked, refused: Refusal) -> Reply:
        behaviour, trace = self.service.behaviour, uuid.uuid4()
        version = next(iter(asked.argument("api-version")), "")
        now = datetime.fromtimestamp(self.service.site.now(), UTC)
        document = behaviour.error_document(Trouble(refused, self.operation, trace, now, version))
        return Reply.of(document, behaviour.error_status(refused), refused.headers)


def _correlated(asked: Asked, reply: Reply) -> Reply:
    """The reply with the correlation id of the request (3.3), where that is a GUID: nothing else is echoed."""
    given = asked.header("client-request-id")
    if given is None or not GUID.fullmatch(given):
        return reply
    return replace(reply, headers=(*reply.headers, ("client-request-id", given)))


def _closing(asked: Asked, reply: Reply) -> Reply:
    """The reply as the last of its connection, where the request's length was said in both ways (RFC 9112 6.1)."""
    if asked.header("transfer-encoding") is None or asked.header("content-length") is None:
        return reply
    headers = tuple(item for item in reply.headers if item[0].lower() != "connection")
    return replace(reply, headers=(*headers, ("Connection", "close")))


def answering(reply: Reply) -> ASGIApp:
    """An ASGI application that has this answer to whatever is asked."""

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        await _answer(send, scope, reply)

    return answer


def failing(problem: Exception) -> ASGIApp:
    """An ASGI application that fails as another one did."""

    async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise problem

    return fail


def _asked(scope: Scope) -> Asked:
    state = scope["state"]
    return Asked(
        method=scope["method"],
        path=scope["path"],
        params=scope.get("path_params") or {},
        query=query(scope["query_string"].decode("latin-1")),
        headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]),
        peer_certificate=state.get("peer_certificate"),
        connection=(state["connection"], next(state["requests"])),
        target=scope["raw_path"].decode("latin-1"),
        beside=state["beside"],
    )


@lru_cache(maxsize=256)  # most have nothing but a version
def query(raw: str) -> tuple[tuple[str, str], ...]:
    """The arguments of a query, in their order; none where there are too many."""
    try:
        return tuple(parse_qsl(raw, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return ()


async def _reset(receive: Receive, scope: Scope) -> None:
    """Ends the connection with a reset (RST), whatever is still on its way."""
    transport = scope["state"]["cork"]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await receive()  # until it is gone: uvicorn asks for an answer while it is there


async def _broken_off(receive: Receive, scope: Scope) -> None:
    """Ends the connection after what was sent of an answer."""
    scope["state"]["cork"].close()
    await receive()


async def _answer(send: Send, scope: Scope, reply: Reply, *, whole: bool = True) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    headers.append((b"content-length", str(len(reply.body)).encode("ascii")))
    body = b"" if scope["method"] == "HEAD" else reply.body if whole else reply.body[: len(reply.body) // 2]
    cork = scope["state"]["cork"]
    cork.hold()
    try:
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": not whole})
    finally:
        cork.release()
