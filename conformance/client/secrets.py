"""Where tokens and challenges come from; `redaction` keeps them out of everything that is written down."""

from __future__ import annotations

import base64
import json
import math
import os
import re
import select
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from conformance.errors import TargetError, UsageError

_B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750 2.1
_COMMAND_SECONDS = 60
_LONGEST = 2**20  # octets that a command prints, of which a token is a few thousand
_SHELLS = {"sh", "bash", "dash", "ksh", "zsh", "fish"}
_SHELLS_OWN = re.compile(r"^(\||\|\||&&|&|;|[0-9]?[<>].*)$|;$|\$[A-Za-z_({]|`")
_NO_SHELL = "; it is run without a shell, and sh -c '…' has one"
_FRESH = 0.8  # of the time a token has left, in which it is used again: on its way it grows older


class Supply(Protocol):
    """Something that hands out a secret each time one is needed; `many` when it can hand out different ones."""

    @property
    def many(self) -> bool:
        """Whether the next call gives a new secret."""
        ...

    def next(self) -> str:
        """The secret. Raises `UsageError` or `TargetError` when none can be had."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """One secret given on the command line or in the environment."""

    secret: str = field(repr=False)
    option: str = "--token"
    many: bool = False

    def next(self) -> str:
        """The secret given."""
        return self.secret


@dataclass(slots=True)
class Command:
    """A command that prints the secret; run again when `reuse` seconds have passed, or it is soon to expire."""

    command: str = field(repr=False)  # it may well hold a password
    option: str
    reuse: float = 0.0
    many: bool = True
    _last: str = field(default="", repr=False)
    _until: float = 0.0

    def next(self) -> str:
        """Raises `UsageError` when the command cannot be run, fails, or prints nothing that could be a token."""
        if self._last and time.monotonic() < self._until:
            return self._last
        try:
            words = shlex.split(self.command)
        except ValueError as error:
            raise UsageError(
                f"{self.option} is not a command line ({str(error).lower()}); quote it as a shell would"
            ) from None
        if not words:
            raise UsageError(f"{self.option} is blank; give it a command that prints one token")
        try:
            self._last = check_token(self._printed(words).strip(), f"what {self.option} prints")
        except UsageError as error:
            raise UsageError(f"{error}{_NO_SHELL if _wants_shell(words) else ''}") from None
        self._until = time.monotonic() + min(self.reuse, _FRESH * lasts(self._last, time.time()))
        return self._last

    def _printed(self, words: list[str]) -> str:
        """What the command prints; it is ended where that is too much, or takes too long."""
        try:
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 - the user's own command is the point
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else "it holds what no command can"
            raise UsageError(f"{self.option} could not be run ({why}); give it a program and its arguments") from None
        until = time.monotonic() + _COMMAND_SECONDS
        try:
            assert process.stdout is not None
            octets = _at_most(process.stdout.fileno(), _LONGEST + 1, until)
            if len(octets) > _LONGEST:
                raise UsageError(f"{self.option} prints more than {_LONGEST} octets; it should print one token")
            status = process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise UsageError(f"{self.option} did not end within {_COMMAND_SECONDS} seconds") from None
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if status:
            raise UsageError(f"{self.option} ended with status {status}; it should print one token and end with 0")
        return octets.decode(errors="replace")


def _at_most(file: int, most: int, until: float) -> bytes:
    """What is read there up to its end, or so many octets of it. Raises `TimeoutExpired`."""
    octets = b""
    while len(octets) < most:
        if not select.select([file], [], [], max(0.0, until - time.monotonic()))[0]:
            raise subprocess.TimeoutExpired([], _COMMAND_SECONDS)
        read = os.read(file, most - len(octets))
        if not read:
            break
        octets += read
    return octets


def _wants_shell(words: list[str]) -> bool:
    """Whether a command line holds what only a shell does something with, and begins none."""
    return words[0].rpartition("/")[2] not in _SHELLS and any(_SHELLS_OWN.search(word) for word in words)


@dataclass(frozen=True, slots=True)
class Mint:
    """The reference server's management interface: a new secret by one request. `ask` returns the JSON answer."""

    ask: Callable[[], dict[str, object]]
    member: str
    many: bool = True

    def next(self) -> str:
        """Raises `TargetError` when the answer holds none."""
        secret = self.ask().get(self.member)
        if not isinstance(secret, str):
            raise TargetError(f"the reference server gave no {self.member}")
        return secret


def check_token(text: str, option: str) -> str:
    """The text, when it could be a bearer token (RFC 6750 2.1). Raises `UsageError`, without the text."""
    if not text:
        raise UsageError(f"{option} is empty; pass a bearer token")
    if not _B64TOKEN.fullmatch(text):
        raise UsageError(
            f"{option} is not a bearer token: it has a character that RFC 6750 section 2.1 does not allow; "
            "pass a JWT as issued"
        )
    return text


def claims(token: str) -> dict[str, object]:
    """The claims of a compact JWS, unverified; empty when it is none (an opaque token is a token too)."""
    segments = token.split(".")
    try:
        payload = segments[1] + "=" * (-len(segments[1]) % 4)
        found = json.loads(base64.urlsafe_b64decode(payload))
    except (IndexError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def lasts(token: str, now: float) -> float:
    """How many seconds a token is yet good for by its `exp` (RFC 7519 4.1.4); without end where it says nothing."""
    exp = _exp(token)
    return float("inf") if exp is None else max(0.0, exp - now)


def expired(token: str, now: float) -> float | None:
    """How many seconds ago a token's `exp` passed (RFC 7519 4.1.4); None while it is valid or says nothing."""
    exp = _exp(token)
    return None if exp is None or exp > now else now - exp


def _exp(token: str) -> float | None:
    """A token's `exp`; None where that is no number, or one that is no time."""
    exp = claims(token).get("exp")
    if isinstance(exp, bool) or not isinstance(exp, int | float):
        return None
    try:
        return float(exp) if math.isfinite(exp) else None
    except OverflowError:  # JSON sets no end to a number
        return None
