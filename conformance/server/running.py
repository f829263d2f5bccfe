"""A server in the foreground (`serve`) or in a thread (`running`).

The one rule: it ends when told, cleanly: open requests are finished, files removed, exit status 0.
"""

from __future__ import annotations

import contextlib
import json
import signal
import threading
from typing import TYPE_CHECKING

import uvicorn

from conformance.errors import ConformanceError

from .hosting import hosted

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from .settings import Ready, Settings

START_SECONDS = 20.0


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it listens and leaves signals to whoever runs it."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """No signal is captured here, so that none is raised again after a clean end."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, then tells."""
        await super().startup(sockets)
        self._listening()


def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM; the first line on standard output says where. UsageError when it cannot start."""
    with hosted(settings) as (config, listener, ready):
        server = _Server(config, lambda: _announce(ready))

        def stop(_number: int, _frame: object) -> None:
            server.force_exit = server.should_exit
            server.should_exit = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            server.run(sockets=[listener])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _announce(ready: Ready) -> None:
    print(json.dumps(ready.document()), flush=True)  # noqa: T201 - the command's contract


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[Ready]:
    """A server in a thread of this process, for tests; it has ended when the context has."""
    listening = threading.Event()
    with hosted(settings) as (config, listener, ready):
        server = _Server(config, listening.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="drs-serve", daemon=True)
        thread.start()
        try:
            if not listening.wait(START_SECONDS):
                raise ConformanceError(f"the reference server did not listen within {START_SECONDS:.0f} s")
            yield ready
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)
