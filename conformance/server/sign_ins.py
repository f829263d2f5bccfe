"""What the authority remembers of its users: sign-ins that wait for a device code, codes, and refresh tokens.

The one rule: each is good for one use, which SQL decides; of what stands for one only the SHA-256 is kept, so that
nobody signs in with a copy of the state file.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass, fields

DEVICE, CODE, REFRESH = "device", "code", "refresh"
KEPT = 1000  # of each kind
REMEMBERED = 3600.0  # seconds that one whose time is over is still known by, for its client to hear that it is
SCHEMA = """
create table if not exists sign_in (
    kind text not null, tenant text not null, client text not null, audience text not null, scope text not null,
    expires real not null, upn text not null, family text not null, user_code text not null,
    redirect_uri text not null, challenge text not null, nonce text not null, spent integer not null,
    hash blob primary key
) without rowid;
create index if not exists sign_in_by_end on sign_in (kind, expires);
"""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in on its way to a token: of which `kind`, and good until when (seconds since the epoch).

    `upn` is empty until someone has signed in. `family` is what goes back to the same sign-in, and is revoked together
    (RFC 6749 4.1.2; RFC 9700 4.14.2). `user_code` is a device code's (RFC 8628), `redirect_uri`, `challenge` (PKCE, ""
    without) and `nonce` are an authorization code's.
    """

    kind: str
    tenant: str
    client: str
    audience: str
    scope: str
    expires: float
    upn: str = ""
    family: str = ""
    user_code: str = ""
    redirect_uri: str = ""
    challenge: str = ""
    nonce: str = ""
    spent: int = 0


_COLUMNS = ", ".join(field.name for field in fields(SignIn))
_INSERT = f"insert into sign_in values ({', '.join('?' * (len(fields(SignIn)) + 1))})"  # noqa: S608 - our own columns
_SELECT = f"select {_COLUMNS} from sign_in where hash = ? and kind = ?"  # noqa: S608
_OLDEST = "select hash from sign_in where kind = ? order by expires desc limit -1 offset ?"


class SignIns:
    """Those of one store, on its connection."""

    def __init__(self, db: sqlite3.Connection, transaction: Callable[[], AbstractContextManager[None]]) -> None:
        self._db = db
        self._transaction = transaction

    def add(self, sign_in: SignIn, now: float) -> str:
        """Keeps one, and gives the text that stands for it. Of those there are too many the first to end go."""
        handle = secrets.token_urlsafe(32)
        with self._transaction():
            self._db.execute("delete from sign_in where expires <= ?", (now - REMEMBERED,))
            self._db.execute(f"delete from sign_in where hash in ({_OLDEST})", (sign_in.kind, KEPT - 1))  # noqa: S608
            self._db.execute(_INSERT, (*astuple(sign_in), _hash(handle)))
        return handle

    def find(self, kind: str, handle: str) -> SignIn | None:
        """What a text of this kind stands for, used or not."""
        row = self._db.execute(_SELECT, (_hash(handle), kind)).fetchone()
        return SignIn(*row) if row else None

    def approve(self, user_code: str, upn: str, now: float) -> bool:
        """A user has signed in for a device; False when no such code waits."""
        done = "update sign_in set upn = ? where user_code = ? and user_code <> '' and upn = '' and expires > ?"
        return self._db.execute(done, (upn, user_code.upper(), now)).rowcount > 0

    def spend(self, handle: str) -> bool:
        """Marks it used; False when it already was, or is gone."""
        done = "update sign_in set spent = 1 where hash = ? and spent = 0"
        return self._db.execute(done, (_hash(handle),)).rowcount == 1

    def revoke(self, family: str) -> None:
        """Takes back all that goes back to one sign-in: what it stood for is not known any more."""
        self._db.execute("delete from sign_in where family = ?", (family,))


def _hash(handle: str) -> bytes:
    return hashlib.sha256(handle.encode("utf-8", "surrogatepass")).digest()
