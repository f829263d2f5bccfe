"""`drs-conformance load`: many users at once who join devices, every answer checked."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.options import collected, options

if TYPE_CHECKING:
    from conformance.load.conductor import Conductor

EXTRA = "load needs Locust, which is not installed; install it as drs-conformance[load]"
BUSY = "a process that sends had hardly any time to spare, so that the times hold its own; add --workers, or a machine"
OPTIONS = (
    *("config", "target", "tenant", "domain", "token", "token-command", "upn", "ca-file", "tls-ca-file", "insecure"),
    *("proxy", "resolve", "allow-host", "client-cert", "client-key", "header", "rate", "max-devices"),
    *("allow-device-creation", "gate", "baseline", "strict-baseline", "out", "timeout"),
)


@click.command()
@click.option("--users", type=click.IntRange(1, 10_000), default=8, show_default=True, help="How many users at once.")
@click.option("--for", "time", metavar="TIME", default="30s", show_default=True, help="How long, such as 90s or 2m.")
@click.option(
    "--workers", type=click.IntRange(1, 16), default=1, show_default=True, help="How many processes send requests."
)
@click.option("--locustfile", is_flag=True, help="Print the path of the file for Locust's own command, and do no more.")
@options(
    *OPTIONS,
    max_devices="End the load when so many devices are made.",
    out="Directory for results and report.  [default: reports/load]",
)
def load(*, users: int, time: str, workers: int, locustfile: bool, **given: Any) -> None:
    """Let many users join devices at once, and check every answer.

    Each user goes from discovery over a nonce to a join with a key of its own, and removes the device again where the
    target offers that. Now and then a nonce is brought twice, one after the other or at once. Without --target the
    reference server starts and is tested. The report goes to reports/load.

    Needs the extra drs-conformance[load].
    """
    from conformance.paths import LOCUSTFILE  # noqa: PLC0415 - --help need not wait

    if locustfile:
        click.echo(LOCUSTFILE)
        return
    _patch()
    from conformance.cli.run import show  # noqa: PLC0415
    from conformance.load.conduct import conduct  # noqa: PLC0415 - after the patch
    from conformance.load.conductor import Shape  # noqa: PLC0415
    from conformance.plugin.budget import seconds  # noqa: PLC0415

    raw = collected(given)
    shape = Shape(users, seconds(time, "--for"), workers)
    what = raw.text("target") or "the reference server"
    click.echo(f"Loading {what} for {time}: {users} users in {workers} process{'es' if workers > 1 else ''}")
    loaded = conduct(raw, shape, _tell)
    if sys.stderr.isatty():
        click.echo("", err=True)
    show(loaded.results, loaded.report, ())
    if loaded.saturated:
        click.echo(BUSY)
    sys.exit(loaded.results.exit_status)


def _patch() -> None:
    """Lets gevent, by which many users share a process, patch it before anything else is imported."""
    try:
        import locust  # noqa: F401, PLC0415 - an extra
    except ImportError:
        from conformance.errors import UsageError  # noqa: PLC0415

        raise UsageError(EXTRA) from None
    logging.getLogger("locust").setLevel(logging.CRITICAL)  # what it would say is in the verdict, in other words


def _tell(conductor: Conductor) -> None:
    """How far it is, where somebody looks."""
    if sys.stderr.isatty():
        done, wrong = sum(conductor.centre.requests.values()), sum(conductor.centre.wrong.values())
        sys.stderr.write(f"\r{conductor.elapsed:5.0f} s  {done:,} requests, {wrong:,} wrong  ")
        sys.stderr.flush()
