"""`drs-conformance cleanup`: removes what a run that was cut off has left at its target."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.options import collected, options

if TYPE_CHECKING:
    from conformance.plugin.tidying import Tidied

_SHOWN = 20


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path), metavar="LEDGER")
@options("config", "tls-ca-file", "insecure", "proxy", "resolve", "header", "rate", "timeout")
def cleanup(ledger: Path, **given: Any) -> None:
    """Remove the devices of a run that are still there.

    LEDGER is the devices.jsonl of the run. It holds where each device is removed and its certificate; the private keys
    are published test keys, which the certificate names. Ends with 0 when none is left, with 3 when some are.
    """
    from conformance.plugin.settings import read_ledger_target  # noqa: PLC0415 - --help need not wait for it
    from conformance.plugin.tidying import clean  # noqa: PLC0415

    raw = collected(given)
    tidied = clean(ledger, lambda url: read_ledger_target(raw, url))
    _tell(tidied)
    sys.exit(3 if tidied.left else 0)


def _tell(tidied: Tidied) -> None:
    from conformance.report.text import line  # noqa: PLC0415 - as above

    every = len(tidied.removed) + len(tidied.left)
    click.echo(f"{len(tidied.removed)} of {every} devices removed" if every else "no device is left to remove")
    if tidied.unanswered:
        many = "a request" if tidied.unanswered == 1 else f"{tidied.unanswered} requests"
        click.echo(
            f"the run was cut off with {many} unanswered, of which devices may have come that only the tenant's "
            "administrator can remove; they are named drs-conformance-…",
            err=True,
        )
    by_reason: dict[str, list[str]] = {}
    for left in tidied.left:
        by_reason.setdefault(left.why, []).append(left.device.id or left.device.thumbprint)
    for why, ids in list(by_reason.items())[:_SHOWN]:
        more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
        click.echo(line(f"left: {', '.join(ids[:_SHOWN])}{more}: {why}"), err=True)
    if (others := len(by_reason) - _SHOWN) > 0:
        click.echo(f"and for {others} other reasons", err=True)
