"""The reference server's application behind a server that speaks HTTP/2, which uvicorn does not."""

from __future__ import annotations

import asyncio
import itertools
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config

from conformance.kit import Session
from conformance.server import hosting
from conformance.server.app import application
from conformance.server.foreground import running
from conformance.server.settings import Settings
from suites.suite_runner import session_with

Change = Callable[[str, int], int]
"""From path and status of an answer over HTTP/2 to the status that it gets."""


class Http2Server:
    """The ASGI application in front of the server's own; `change` may be set while it runs."""

    def __init__(self, inner: Any, theirs: int, ours: int) -> None:
        self.inner = inner
        self.urls = f"http://127.0.0.1:{theirs}/".encode(), f"https://127.0.0.1:{ours}/".encode()
        self.change: Change = lambda _, status: status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        cork = SimpleNamespace(hold=lambda: None, release=lambda: None)
        state = {"connection": 1, "requests": itertools.count(1), "cork": cork, "beside": dict}
        second = scope["http_version"] == "2"

        async def changed(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = [item for item in message["headers"] if item[0] not in {b"connection", b"content-length"}]
                status = self.change(scope["path"], message["status"]) if second else message["status"]
                message = {**message, "headers": headers, "status": status}
            else:
                message = {**message, "body": message["body"].replace(*self.urls)}
            await send(message)

        await self.inner({**scope, "state": state}, receive, changed)


@contextmanager
def http2_server() -> Iterator[tuple[Http2Server, Callable[[], Session]]]:
    """A server in a thread, and what makes sessions with it."""
    inner: list[Any] = []

    def seen(service: Any, *more: Any) -> Any:
        inner.append(application(service, *more))
        return inner[0]

    with (
        mock.patch.object(hosting, "application", seen),
        running(Settings()) as ready,
        tempfile.TemporaryDirectory() as folder,
    ):
        listener = socket.create_server(("127.0.0.1", 0))  # hypercorn's from here on, which closes it
        port = listener.getsockname()[1]
        made = Http2Server(inner[0], urlsplit(ready.url).port or 0, port)
        ca = Path(folder, "ca.pem")
        config = _config(Path(folder), ca, listener)
        with _serving(made, config):
            url = f"https://127.0.0.1:{port}"

            def session() -> Session:
                found = session_with(replace(ready, url=url))
                found.transport.close()
                found.target = replace(found.target, tls_ca=ca)
                found.transport = type(found.transport)(found.target, found.secrets)
                return found

            yield made, session


def _config(folder: Path, ca: Path, listener: socket.socket) -> Config:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(ca))
    own = folder / "own.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(str(own))
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.certfile = config.keyfile = str(own)
    config.errorlog = None
    config.graceful_timeout = config.shutdown_timeout = 0.2
    return config


@contextmanager
def _serving(app: Any, config: Config) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    ends = asyncio.Event()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(serve(app, config, shutdown_trigger=ends.wait)), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(ends.set)
        thread.join(5)
        assert not thread.is_alive()
        loop.close()
