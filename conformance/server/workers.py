"""Several processes that serve one socket and one state file; this one starts them, watches over them and ends them.

The one rule: a worker never outlives its parent, and one that dies is replaced: what a client was told is in the state
file and never in a worker alone.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import threading
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from conformance.errors import ConformanceError

from .hosting import LONG_GRACE, Shared, configured
from .listening import Listening

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from multiprocessing.context import SpawnProcess

START_SECONDS = 60.0
END_SECONDS = LONG_GRACE + 3.0
_SPAWN = multiprocessing.get_context("spawn")


def serve_together(shared: Shared, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serves with all workers until SIGINT or SIGTERM; a second one does not wait for open requests."""
    told, tell = _SPAWN.Pipe(duplex=False)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    crew = Crew(shared, listener)
    try:
        crew.start()  # a Ctrl-C reaches the whole group: what is started while it is ignored ignores it for good
        for number in before:
            signal.signal(number, lambda _number, _frame: tell.send_bytes(b"stop"))
        announce()
        crew.watch(told)
    finally:
        crew.end(told)
        for number, handler in before.items():
            signal.signal(number, handler)


class Crew:
    """The workers of one server."""

    def __init__(self, shared: Shared, listener: socket.socket) -> None:
        self._shared = shared
        self._listener = listener
        self._workers: list[SpawnProcess] = []

    def start(self) -> None:
        """All workers, at the same time; ConformanceError when one does not come to listen."""
        started = [self._one() for _ in range(self._shared.settings.workers)]
        for worker, ready in started:
            _await(worker, ready)

    def watch(self, told: Connection) -> None:
        """Until told to stop: a worker that ends is replaced."""
        while told not in wait([told, *(worker.sentinel for worker in self._workers)]):
            for worker in [one for one in self._workers if one.exitcode is not None]:
                self._workers.remove(worker)
                _say(f"worker {worker.pid} ended with status {worker.exitcode}; another takes its place")
                _await(*self._one())

    def end(self, told: Connection) -> None:
        """Lets each finish what it does, for `END_SECONDS` at most or until told a second time."""
        while told.poll():
            told.recv_bytes()
        for worker in self._workers:
            worker.terminate()
        while alive := [worker.sentinel for worker in self._workers if worker.exitcode is None]:
            if told in (ended := wait([told, *alive], END_SECONDS)) or not ended:
                break
        for worker in self._workers:
            worker.kill()
            worker.join()

    def _one(self) -> tuple[SpawnProcess, Connection]:
        ready, tell = _SPAWN.Pipe(duplex=False)
        worker = _SPAWN.Process(target=_work, args=(self._shared, self._listener, tell), name="drs-serve", daemon=True)
        worker.start()
        tell.close()
        self._workers.append(worker)
        return worker, ready


def _await(worker: SpawnProcess, ready: Connection) -> None:
    """Until the worker listens, or has told why it does not (the end of the pipe)."""
    with ready:
        try:
            listens = ready.poll(START_SECONDS) and ready.recv()
        except EOFError:
            listens = False
    if not listens:
        raise ConformanceError(f"worker {worker.pid} of the reference server did not come to listen")


def _work(shared: Shared, listener: socket.socket, ready: Connection) -> None:
    """One worker, in a process of its own; the parent alone hears SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with configured(shared, LONG_GRACE) as config:
            server = Listening(config, lambda: ready.send(True))
            signal.signal(signal.SIGTERM, server.stop)
            gc.freeze()  # as in `foreground`
            threading.Thread(target=_orphaned, args=(server,), daemon=True).start()
            server.run(sockets=[listener])
    except ConformanceError as error:
        _say(str(error))
        sys.exit(error.exit_status)


def _orphaned(server: Listening) -> None:
    """Ends the server when its parent is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        server.should_exit = True


def _say(words: str) -> None:
    print(f"drs-conformance: {words}", file=sys.stderr, flush=True)  # noqa: T201 - the service's own log
