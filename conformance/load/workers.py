"""The other processes of a load, on this machine: Locust's own workers, begun and ended by the load.

The one rule: none of them outlives the load, and one that ends before it ends the load. Secrets go to them as
variables of their environment, never on a command line.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import gevent

from conformance.paths import LOCUSTFILE, python
from conformance.plugin.embedded import mortal
from conformance.plugin.options import OPTIONS, Raw
from conformance.plugin.run import Run

LOOPBACK: Final = "127.0.0.1"
_END_SECONDS: Final = 5.0


@contextmanager
def worker(variables: dict[str, str], port: int, workers: int) -> Iterator[subprocess.Popen[str]]:
    """A process of Locust's that sends requests; it has the options by their variables, as anybody's has."""
    words = [*python(), "-m", "locust", "-f", str(LOCUSTFILE), "--worker", "--skip-log-setup"]
    words += ["--master-host", LOOPBACK, "--master-port", str(port), "--expect-workers", str(workers)]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, Locust and file
        words,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C ends the load, and the load ends its workers
        text=True,
    )
    with mortal(process):
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def variables(run: Run, raw: Raw) -> dict[str, str]:
    """What was said on the command line, as variables; what a file or a variable says is there for workers too."""
    given = {
        option.env: _text(raw.values[option.name], lines=option.lines)
        for option in OPTIONS
        if raw.values[option.name] and option.name not in raw.defaulted and option.name not in raw.origins
    }
    given["DRS_OUT"] = str(run.settings.out)
    if run.server is not None:
        ready = run.server.ready
        names = {"target": "url", "tenant": "tenant", "domain": "domain", "token": "token", "upn": "upn"}
        names |= {"ca-file": "ca", "tls-ca-file": "tls_ca"}
        given |= {f"DRS_{name.upper().replace('-', '_')}": ready[key] for name, key in names.items() if ready.get(key)}
    return given


def _text(value: Any, *, lines: bool) -> str:
    if isinstance(value, list | tuple):
        return ("\n" if lines else " ").join(value)
    return "1" if value is True else str(value)


@contextmanager
def watched(workers: Sequence[subprocess.Popen[str]], stop: Callable[[str], None]) -> Iterator[None]:
    """A worker that ends before the load does ends the load."""

    def watch() -> None:
        while all(worker.poll() is None for worker in workers):
            gevent.sleep(0.2)
        stop("our own fault: a worker of the load ended before the load did")

    watching = gevent.spawn(watch)
    try:
        yield
    finally:
        watching.kill()
