"""What the server remembers: its keys, devices, nonces, spent challenges, provisioned keys, in one SQLite file.

The one rule: what may happen once (a nonce, a challenge) is decided by SQL inside the transaction that also writes
the device, so that of two requests exactly one finds it unspent, whatever the order, the threads or the processes.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from conformance.errors import UsageError

from . import sign_ins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

APPLICATION = 0x4D445253  # "MDRS", SQLite's application_id: another program's database is not taken for ours
CHECKPOINT = 4000  # pages of the log (16 MiB) before they go into a file that need not last, each of them once
SCHEMA = """
create table if not exists fact (name text primary key, value blob not null) without rowid;
create table if not exists device (
    device_id text primary key, tenant text not null, upn text not null, join_type integer not null,
    display_name text not null, device_type text not null, os_version text not null, shared integer not null,
    key_hash blob not null, transport_key blob not null, thumbprint text not null,
    certificate blob not null, created real not null
);
create index if not exists device_by_key on device (key_hash);
create table if not exists nonce (
    hash blob primary key, tenant text not null, expires real not null, spent integer not null
) without rowid;
create table if not exists challenge (jti text primary key, expires real not null) without rowid;
create table if not exists provisioned (
    kid text not null, upn text not null, blob blob not null, created real not null, primary key (upn, kid)
);
"""


class Device(NamedTuple):
    """A registered device, as its row; `key_hash` is the SHA-256 of its SPKI, `created` seconds since the epoch."""

    device_id: str
    tenant: str
    upn: str
    join_type: int
    display_name: str
    device_type: str
    os_version: str
    shared: int
    key_hash: bytes
    transport_key: bytes
    thumbprint: str
    certificate: bytes
    created: float


@dataclass(frozen=True, slots=True)
class NonceRow:
    """A nonce as remembered: whose it is, until when it is good (seconds since the epoch), and whether it was used."""

    tenant: str
    expires: float
    spent: bool


_COLUMNS = ", ".join(Device._fields)
_INSERT_DEVICE = f"insert or replace into device ({_COLUMNS}) values ({', '.join('?' * len(Device._fields))})"  # noqa: S608 - our own column names
_SELECT_DEVICE = f"select {_COLUMNS} from device where "  # noqa: S608


class Store:
    """One connection; used from one thread at a time."""

    def __init__(self, path: Path, *, lasting: bool) -> None:
        """Opens or makes the file; `lasting` costs a sync now and then and survives more than the process's end.

        UsageError when the file cannot be opened, is not SQLite, or is the database of something else.
        """
        try:
            if not path.exists():
                path.touch(0o600)  # it holds private keys
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=64)
            self._prepare(lasting)
            self.sign_ins = sign_ins.SignIns(self._db, self.transaction)
        except (sqlite3.Error, OSError) as error:
            raise UsageError(
                f"the state file {path} cannot be used: {error}; name a new file or one that serve made"
            ) from None

    def _prepare(self, lasting: bool) -> None:
        self._db.execute("pragma busy_timeout = 5000")
        known = self._db.execute("pragma application_id").fetchone()[0]
        empty = not self._db.execute("select count(*) from sqlite_master").fetchone()[0]
        if known != APPLICATION and not empty:
            raise sqlite3.DatabaseError("it is the database of another program")
        self._db.execute("pragma journal_mode = wal")
        self._db.execute(f"pragma synchronous = {'normal' if lasting else 'off'}")
        if not lasting:
            self._db.execute(f"pragma wal_autocheckpoint = {CHECKPOINT}")
        self._db.executescript(
            f"begin immediate; {SCHEMA} {sign_ins.SCHEMA} pragma application_id = {APPLICATION}; commit;"
        )
        with self.transaction():  # a file that can be read and not written is found out now, not at the first join
            self._db.execute("insert or replace into fact values ('opened', strftime('%s'))")

    def close(self) -> None:
        """Closes the file; the write-ahead log is folded into it."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: commits at the end, rolls back when anything is raised."""
        self._db.execute("begin immediate")
        try:
            yield
            self._db.execute("commit")
        except BaseException:
            if self._db.in_transaction:  # SQLite itself rolls back after some errors, a full disk for one
                self._db.execute("rollback")
            raise

    def fact(self, name: str) -> bytes | None:
        """A lasting fact of the server (a private key, for one), or None."""
        row = self._db.execute("select value from fact where name = ?", (name,)).fetchone()
        return bytes(row[0]) if row else None

    def remember(self, name: str, value: bytes) -> None:
        """Keeps a lasting fact."""
        self._db.execute("insert or replace into fact values (?, ?)", (name, value))

    def recalled(self, name: str, make: Callable[[], bytes]) -> bytes:
        """A lasting fact, made now if it was not before."""
        with self.transaction():
            value = self.fact(name)
            if value is None:
                self.remember(name, value := make())
        return value

    def add_nonce(self, digest: bytes, tenant: str, now: float, expires: float) -> None:
        """Remembers a nonce by its SHA-256, unspent; forgets those an hour out of date."""
        self._db.execute("insert into nonce values (?, ?, ?, 0)", (digest, tenant, expires))
        if digest[0] == 0:  # one time in 256
            self._db.execute("delete from nonce where expires < ?", (now - 3600,))
            self._db.execute("delete from challenge where expires < ?", (now - 3600,))

    def nonce(self, digest: bytes) -> NonceRow | None:
        """What is known of a nonce, by its SHA-256."""
        row = self._db.execute("select tenant, expires, spent from nonce where hash = ?", (digest,)).fetchone()
        return NonceRow(row[0], row[1], bool(row[2])) if row else None

    def spend_nonce(self, digest: bytes) -> bool:
        """Marks a nonce used; False when it already was, or is unknown."""
        return self._db.execute("update nonce set spent = 1 where hash = ? and spent = 0", (digest,)).rowcount == 1

    def challenge_spent(self, jti: str) -> bool:
        """Whether a challenge was used."""
        return self._db.execute("select 1 from challenge where jti = ?", (jti,)).fetchone() is not None

    def spend_challenge(self, jti: str, expires: float) -> bool:
        """Marks a challenge used; False when it already was."""
        return self._db.execute("insert or ignore into challenge values (?, ?)", (jti, expires)).rowcount == 1

    def add_device(self, device: Device) -> None:
        """Writes a device, in place of an earlier one with the same id."""
        self._db.execute(_INSERT_DEVICE, device)

    def device(self, device_id: str) -> Device | None:
        """A device by its id (lower case)."""
        row = self._db.execute(_SELECT_DEVICE + "device_id = ?", (device_id,)).fetchone()
        return Device(*row) if row else None

    def device_with_key(self, key_hash: bytes, tenant: str, upn: str) -> Device | None:
        """The device that this user registered in this tenant with this key, the latest when there are several."""
        where = "key_hash = ? and tenant = ? and upn = ? order by created desc limit 1"
        row = self._db.execute(_SELECT_DEVICE + where, (key_hash, tenant, upn)).fetchone()
        return Device(*row) if row else None

    def remove_device(self, device_id: str) -> bool:
        """Forgets a device; False when there is none."""
        return self._db.execute("delete from device where device_id = ?", (device_id,)).rowcount == 1

    def devices(self) -> int:
        """How many devices are registered."""
        return int(self._db.execute("select count(*) from device").fetchone()[0])

    def add_key(self, kid: str, upn: str, blob: bytes, now: float) -> None:
        """Keeps a provisioned key."""
        self._db.execute("insert or replace into provisioned values (?, ?, ?, ?)", (kid, upn, blob, now))

    def check(self) -> None:
        """Reads and writes; sqlite3.Error when the file can do either no more."""
        with self.transaction():
            self._db.execute("insert or replace into fact values ('checked', strftime('%s'))")
