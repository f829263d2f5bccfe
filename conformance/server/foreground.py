"""A server in the foreground (`serve`) or in a thread (`running`).

The one rule: it ends when told, cleanly: open requests are finished, files removed, exit status 0.
"""

from __future__ import annotations

import contextlib
import gc
import json
import signal
import threading
from typing import TYPE_CHECKING

from conformance.errors import ConformanceError

from .hosting import LONG_GRACE, Shared, configured, hosted, prepared
from .listening import Listening

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from .settings import Ready, Settings

START_SECONDS = 20.0


def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM; the first line on standard output says where. UsageError when it cannot start."""
    with prepared(settings) as (shared, listener, ready):
        if settings.workers == 1:
            _alone(shared, listener, lambda: _announce(ready))
        else:
            from .workers import serve_together  # noqa: PLC0415 - multiprocessing comes when asked for

            serve_together(shared, listener, lambda: _announce(ready))


def _alone(shared: Shared, listener: socket.socket, announce: Callable[[], None]) -> None:
    with configured(shared, LONG_GRACE) as config:
        server = Listening(config, announce)
        gc.freeze()  # what is there now stays, and need not be looked through again and again
        before = {number: signal.signal(number, server.stop) for number in (signal.SIGINT, signal.SIGTERM)}
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
        server = Listening(config, listening.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="drs-serve", daemon=True)
        thread.start()
        try:
            if not listening.wait(START_SECONDS):
                raise ConformanceError(f"the reference server did not listen within {START_SECONDS:.0f} s")
            yield ready
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)
