"""The reference server in a process of its own, when no target was named.

The one rule: it is spoken to as any other target is; only its first line of output, and the mint that line names, give
the run credentials that a user would otherwise bring.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.client import Credentials, Fixed, Mint, Secrets, Target, Transport
from conformance.errors import TargetError
from conformance.exchange import Exchange
from conformance.paths import python

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]  # that end a run
_NO_BROKER = "5d6d1c1e-6f7a-4f0e-9c8b-0c3b8f6f2a11"  # a client application that nobody ever registered
_START_SECONDS = 30.0
_STOP_SECONDS = 5.0


class ReferenceServer:
    """The child process; `ready` is what it said of itself."""

    def __init__(self, arguments: tuple[str, ...] = ()) -> None:
        """Raises `TargetError` when it does not come up."""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        try:
            with _uninterrupted():
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [*python(), "-m", "conformance", "serve", *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=self._errors,
                    start_new_session=True,  # Ctrl-C ends the run, and the run ends the server
                )
                _ALIVE.append(self)
            self.ready: dict[str, Any] = self._first_line()
        except BaseException:  # also Ctrl-C: nobody else knows of the process yet
            if self in _ALIVE:
                self.stop()
            raise

    def _first_line(self) -> dict[str, Any]:
        stream = self._process.stdout
        assert stream is not None
        overdue = threading.Timer(_START_SECONDS, self._process.kill)
        overdue.daemon = True  # should Ctrl-C come before it can be cancelled, nobody waits for it
        try:
            overdue.start()
            ready = json.loads(stream.readline())
        except ValueError:
            raise TargetError(f"the reference server did not start: {self._said()}") from None
        finally:
            overdue.cancel()
        return dict(ready)

    def _said(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"it said nothing within {_START_SECONDS:.0f} seconds"

    def stop(self) -> None:
        """Ends the process; harmless when done twice."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except BaseException as reason:  # too slow, or Ctrl-C while waiting: either way it must go
            self.kill()
            if not isinstance(reason, subprocess.TimeoutExpired):
                raise
        if self in _ALIVE:
            _ALIVE.remove(self)
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()

    def kill(self) -> None:
        """Ends the process at once, and without tidying up."""
        self._process.kill()
        self._process.wait()


_ALIVE: list[ReferenceServer | subprocess.Popen[str]] = []


@atexit.register
def kill_all() -> None:
    """No server outlives the process that started it, whatever that process came to; nor does what is `mortal`."""
    for process in tuple(_ALIVE):
        process.kill()


@contextlib.contextmanager
def mortal(process: subprocess.Popen[str]) -> Iterator[None]:
    """While the block lasts, `kill_all` ends this process too."""
    _ALIVE.append(process)
    try:
        yield
    finally:
        _ALIVE.remove(process)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Signals wait until the block is over: a process that nobody knows of yet could not be ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    before = {number: signal.signal(number, lambda sent, _: waiting.append(sent)) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in waiting:
            signal.raise_signal(number)


def target_of(ready: dict[str, Any], timeout: float) -> Target:
    """The target that the first line describes."""
    ca = Path(ready["ca"])
    return Target(
        ready["url"],
        ready["tenant"],
        ready["domain"],
        ready["upn"],
        ca,
        ca if ready["url"].startswith("https:") else None,
        timeout=timeout,
    )


def credentials_of(ready: dict[str, Any], target: Target) -> Credentials:
    """Credentials for it: the token it gave, everything else from its mint."""
    mint = ready["more"]["mint"]

    def token(**claims: object) -> Mint:
        return Mint(lambda: _ask(target, mint["token"], claims), "token")

    def challenge(**claims: object) -> Mint:
        return Mint(lambda: _ask(target, mint["challenge"], claims), "challenge")

    return Credentials(
        Fixed(ready["token"]),
        challenge(),
        token(tenant=ready["more"]["other"]["tenant"]),
        token(lifetime=-600),
        token(audience="00000003-0000-0000-c000-000000000000"),
        token(upn=f"colleague@{ready['domain']}"),
        token(client=_NO_BROKER),
        Mint(lambda: _ask(target, mint["nonce"], {"lifetime": -600}), "nonce"),
        challenge(lifetime=-600),
        challenge(tenant=ready["more"]["other"]["tenant"]),
        token(begins=86400),
    )


def _ask(target: Target, url: str, body: dict[str, object]) -> dict[str, Any]:
    with Transport(target, Secrets()) as transport:
        exchange = transport.send(
            "POST", url, headers=(("Content-Type", "application/json"),), body=json.dumps(body).encode()
        )
    return _answer(exchange, url)


def _answer(exchange: Exchange, url: str) -> dict[str, Any]:
    if exchange.answer is None or exchange.answer.status != 200:  # noqa: PLR2004 - OK
        raise TargetError(f"the reference server's mint at {url} gave nothing")
    value = json.loads(exchange.answer.body)
    return dict(value)
