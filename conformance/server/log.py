"""The log of `serve`: a line for each request and, where one was refused for its bytes, those bytes taken apart.

The one rule: it is written for whoever writes the client, on a terminal: nothing secret is in it (what could be a token
is left out), and whatever a client sent is printable before it gets here.
"""

from __future__ import annotations

import contextlib
import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from conformance.codec.dissect import printable

from .excerpt import excerpt

if TYPE_CHECKING:
    from .asked import Asked, Reply
    from .refusal import Refusal

# What a query may say aloud; under any other name there may be a secret, and a short one looks like any word.
OPEN_ARGUMENTS = frozenset(
    {
        *("api-version", "managed", "client_id", "code_challenge_method", "domain_hint", "prompt", "redirect_uri"),
        *("resource", "response_mode", "response_type", "scope"),
    }
)
# Longer than a GUID: it may be a token in a place where none belongs.
TOKEN = re.compile(r"(?:[A-Za-z0-9_.\-]|%[0-9A-Fa-f]{2}){40,}")
QUOTED = re.compile(r": bytearray\(b.([A-Za-z0-9-]{1,40})?(?(1)\s*(:)?).*", re.DOTALL)  # of a line that h11 cannot read
LONGEST = 300


def to_stderr(entry: str) -> None:
    """Writes an entry at once and in one piece, so that those of several workers do not mix."""
    with contextlib.suppress(OSError):  # a log that nobody reads any more ends no service
        sys.stderr.write(entry)
        sys.stderr.flush()


class Log:
    """Told of every answer."""

    def __call__(self, asked: Asked, reply: Reply, refused: Refusal | None, seconds: float, chaos: str = "") -> None:
        """One request and what it got; `seconds` is how long that took, `chaos` what was done to it on purpose."""
        reason = refused.message if refused else reply.reason
        line = f"{method(asked)} {target(asked)} {reply.status or 'reset'} in {1000 * seconds:.1f} ms"
        below = excerpt(asked.body, refused.fault) if refused and refused.fault else []
        self._entry(line + (f": {reason}" if reason else "") + (f" [chaos: {chaos}]" if chaos else ""), below)

    def unreadable(self, problem: str) -> None:
        """A request that was not HTTP; it got a 400."""
        self._entry(f"(not HTTP) 400: {unquoted(problem)}", [])

    def left(self, asked: Asked) -> None:
        """A request whose sender left before it was whole."""
        self._entry(f"{method(asked)} {target(asked)}: the client left before its request was whole", [])

    def _entry(self, line: str, below: list[str]) -> None:
        stamp = datetime.now().astimezone().isoformat(" ", "milliseconds")
        to_stderr("\n    ".join([f"{stamp} {printable(line)}", *below]) + "\n")


def unquoted(problem: str) -> str:
    """What h11 says of octets, without them: any of them may be secret, but the name of a field."""
    return QUOTED.sub(lambda line: f" ({line[1]})" if line[2] else "", problem)


def method(asked: Asked) -> str:
    """The method of a request, without what could be secret."""
    return TOKEN.sub("...", asked.method)


def target(asked: Asked) -> str:
    """The path and the query of a request, without what could be secret."""
    pairs = (f"{name}={value if name.lower() in OPEN_ARGUMENTS else '...'}" for name, value in asked.query)
    whole = (asked.target or asked.path) + ("?" if asked.query else "") + "&".join(pairs)
    shown = TOKEN.sub("...", whole)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."
