"""`drs-conformance replay`: sends one recorded case again, and tells whether it still fails."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from conformance.cli.options import collected, options

_OPTIONS = (
    *("config", "target", "tenant", "domain", "token", "token-command", "upn", "challenge", "challenge-command"),
    *("foreign-token", "expired-token", "future-token", "audience-token", "client-token"),
    *("expired-challenge", "foreign-challenge"),
    *("expired-nonce", "ca-file", "tls-ca-file", "insecure", "proxy", "resolve", "allow-host", "client-cert"),
    *("client-key", "header", "rate", "allow-device-creation", "timeout"),
)


@click.command()
@click.argument("failure", metavar="ID")
@click.argument("run", type=click.Path(path_type=Path), default=Path("reports"), metavar="[RUN]")
@click.option("--alone", is_flag=True, help="Send this request and nothing behind it: under a debugger, say.")
@options(
    *_OPTIONS,
    target="Origin of the service now; without it the run's, where that is on this machine.",
    tenant="Tenant of the run, which need not be named; no other may be.",
)
def replay(failure: str, run: Path, *, alone: bool, **given: Any) -> None:
    """Send one recorded case again, and tell whether it still fails.

    ID is a failure of a run: join-request/csr-cn-2, or its file below failures/, or a requirement for all that is
    recorded of it. RUN is the folder of the run, reports if not given. The target is that of the run if that
    is on this machine, or the reference server again where it was that; else --target names it, since a token goes
    nowhere that a file alone leads. The octets are those of the run, but for what works once: tokens, challenges and
    the nonce are fresh, and what is signed over them is signed again.

    Ends with 0 when nothing of it fails any more, 1 when something does, 2 when the command was wrong, 3 when it could
    not be told.
    """
    from conformance.cli.replaying import replayed  # noqa: PLC0415 - --help need not wait for it

    sys.exit(replayed(failure, run, collected(given), alone=alone))
