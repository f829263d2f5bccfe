"""`--example-database`: failing examples that runs share, in a folder or in Redis, through Hypothesis's own classes.

What is stored of an example is the choices that Hypothesis drew: numbers and texts that follow from the seed. Tokens,
nonces and challenges are never drawn, so that none is in it.

Rule 1: only what a target failed goes in, and only what it did right goes out. An example that could not be judged (its
requirement is not selected, the target is busy or gone) leaves the database as it was.
Rule 2: a database that goes away in the middle of a run costs the run nothing but what it would have stored.

Writes are not deferred (`BackgroundWriteDatabase`): there are a few for each failure, and a run may be killed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

import hypothesis
import pytest
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase

from conformance.errors import UsageError
from conformance.plugin.options import Raw
from conformance.plugin.order import named

OPTION: Final = "example-database"
KEPT: Final = 20  # examples of a test: the smallest of them, so that a weekend's failures cost the next run little
_PREFIX: Final = b"drs-conformance/1/"
_SECONDARY: Final = (b".secondary", b".pareto")
_SECONDS: Final = 5.0  # to wait for Redis
_URL = re.compile(r"rediss?://(?:[^@/\s]*@)?(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?(?:/[0-9]{0,4})?")
_WOULD_DO: Final = "pass a folder, or redis://host:port/number"
T = TypeVar("T")


class Came(Enum):
    """What the last example came to."""

    FAILED = "failed"
    HELD = "held"  # the target did right by it
    OPEN = "open"  # nothing was shown


@dataclass(frozen=True, slots=True)
class Place:
    """Where the examples are: a folder, or a Redis; `shown` is how a sentence names it, without a password."""

    text: str
    said: str

    @property
    def is_redis(self) -> bool:
        """Whether it is a server."""
        return "://" in self.text

    @property
    def shown(self) -> str:
        """The folder, or the address of the server."""
        parts = urlsplit(self.text) if self.is_redis else None
        return f"Redis at {parts.hostname}:{parts.port or 6379}" if parts else repr(self.text)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password, as it is written in the URL and as it is."""
        password = urlsplit(self.text).password if self.is_redis else None
        return tuple({password, unquote(password)}) if password else ()

    def open(self) -> ExampleDatabase:
        """Hypothesis's database there. Raises `UsageError` where the client for Redis is not installed."""
        if not self.is_redis:
            return DirectoryBasedExampleDatabase(self.text)
        try:
            from hypothesis.extra.redis import RedisExampleDatabase  # noqa: PLC0415 - for those who have the extra
            from redis import Redis  # noqa: PLC0415
        except ImportError:
            raise UsageError(
                f"{self.said} names a {self.shown}, which takes a client: install drs-conformance[redis]"
            ) from None
        client = Redis.from_url(self.text, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
        return RedisExampleDatabase(client)


def place(raw: Raw) -> Place | None:
    """What `--example-database` names, None without it. Raises `UsageError` for what is no folder and no such URL."""
    text, said = raw.text(OPTION), raw.said(OPTION)
    if text is None:
        return None
    if "://" in text or text.startswith(("redis:", "rediss:")):
        if not _URL.fullmatch(text) or int(text.partition("://")[2].rpartition("@")[2].count("/")) > 1:
            raise UsageError(f"{said} is no URL of a Redis; {_WOULD_DO}")
        try:
            _ = urlsplit(text).port
        except ValueError:
            raise UsageError(f"{said} is no URL of a Redis: its port is none; {_WOULD_DO}") from None
    return Place(text, said)


def check(found: Place) -> None:
    """Finds out whether the database can be read and written. Raises `UsageError` with what would do where not."""
    database = found.open()
    try:
        if isinstance(database, DirectoryBasedExampleDatabase):
            database.path.mkdir(parents=True, exist_ok=True)
            probe = database.path / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()
        else:
            key, value = _PREFIX + b"probe", str(os.getpid()).encode()
            database.save(key, value)
            database.delete(key, value)
    except OSError as error:
        raise UsageError(f"{found.said} {found.shown} cannot be written to ({error.strerror}); {_WOULD_DO}") from None
    except Exception as error:  # noqa: BLE001 - Redis's own, which are there only with the extra
        raise UsageError(f"{found.said}: {found.shown} {_told(error)}; start it, or pass a folder") from None


def _told(error: Exception) -> str:
    """What went wrong with Redis, in words that hold nothing of the URL."""
    kind = type(error).__name__
    if kind in {"AuthenticationError", "NoPermissionError", "AuthenticationWrongNumberOfArgsError"}:
        return "refuses the user or password of the URL"
    if kind == "TimeoutError":
        return f"does not answer within {_SECONDS:g} seconds"
    if kind == "ConnectionError":
        return "cannot be reached"
    return f"refuses to store examples ({kind})"


class Corpus(ExampleDatabase):
    """A database of Hypothesis as the suites use it; `lost` says why it is not used any more.

    Without `replays` it takes what is found and gives nothing: what fails again would keep chance from finding more.
    """

    def __init__(self, found: Place, *, replays: bool = True) -> None:
        super().__init__()
        self._replays = replays
        self.came = Came.OPEN
        self.lost: str | None = None
        self._place = found
        self._inner: ExampleDatabase | None = None

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """The smallest of the examples of a test; what is beyond them goes."""
        if key.endswith(_SECONDARY) or not self._replays:
            return
        values = sorted(self._with(lambda inner: list(inner.fetch(key))) or (), key=lambda value: (len(value), value))
        for value in values[KEPT:]:
            self._with(lambda inner, value=value: inner.delete(key, value))  # type: ignore[misc]
        yield from values[:KEPT]

    def save(self, key: bytes, value: bytes) -> None:
        """Stores what a target failed. On the way to it Hypothesis found larger ones, which nobody needs."""
        if self.came is not Came.FAILED or key.endswith(_SECONDARY):
            return
        self._with(lambda inner: inner.save(key, value))
        if self.lost is None and value not in (self._with(lambda inner: list(inner.fetch(key))) or ()):
            self._lose("cannot be written to")  # a folder says nothing when its disk is full

    def delete(self, key: bytes, value: bytes) -> None:
        """Takes out what a target did right by."""
        if self.came is Came.HELD:
            self.came = Came.OPEN  # it speaks of one example
            self._with(lambda inner: inner.delete(key, value))

    def move(self, src: bytes, dest: bytes, value: bytes) -> None:
        """There is a smaller example than this one."""
        del dest
        self._with(lambda inner: inner.delete(src, value))

    def holds(self, test: str) -> bool:
        """Whether there are examples of a test, by its node id."""
        return next(iter(self.fetch(key_of(test))), None) is not None

    def _with(self, do: Callable[[ExampleDatabase], T]) -> T | None:
        if self.lost is not None:
            return None
        try:
            self._inner = self._inner or self._place.open()
            return do(self._inner)
        except UsageError as error:  # a worker on a machine without the client
            self._lose(str(error).partition(", which ")[2] or "cannot be used")
        except Exception as error:  # noqa: BLE001 - as in `check`
            self._lose(_told(error) if self._place.is_redis else "cannot be used")
        return None

    def _lose(self, why: str) -> None:
        self.lost = f"the examples of {self._place.said} are no longer shared: {self._place.shown} {why}"


def key_of(test: str) -> bytes:
    """The key of a test, the same wherever it runs and whichever version of Hypothesis runs it."""
    return _PREFIX + named(test).encode()


def current() -> Corpus | None:
    """The database of the run in this process, where it has one."""
    database: Any = hypothesis.settings.default.database if hypothesis.settings.default else None
    return database if isinstance(database, Corpus) else None


def first(items: list[pytest.Item]) -> None:
    """Puts the tests with examples in front: what failed before is known soonest.

    Not in the workers of pytest-xdist, which must all have the same order while the database changes.
    """
    corpus = current()
    if corpus is not None and items and not hasattr(items[0].config, "workerinput"):
        items.sort(key=lambda item: not (hasattr(item, "obj") and keeps(item.obj) and corpus.holds(item.nodeid)))


def keeps(function: Any) -> bool:
    """Whether a test is one of Hypothesis's."""
    return hasattr(function, "hypothesis")


def keyed(test: str, function: Any) -> None:
    """Gives a test of Hypothesis its key: with a seed of its own, as it has here, it would be given none."""
    function._hypothesis_internal_database_key = key_of(test)  # noqa: SLF001 - as `hypothesis.find` does it
