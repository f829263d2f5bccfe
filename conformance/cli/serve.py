"""`drs-conformance serve`: the reference server on loopback, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--port", default=0, show_default=True, help="The port on 127.0.0.1; 0 takes a free one.")
@click.option(
    "--tls", is_flag=True, help="Speak TLS, with a certificate made for this run (its CA is in the ready line's ca)."
)
@click.option("--defect", "defects", multiple=True, metavar="NAME", help="Be wrong in this one way; may be repeated.")
@click.option(
    "--like", metavar="field", help="Take on the habits of the field in place of the document's strict readings."
)
@click.option(
    "--state", type=click.Path(path_type=Path), metavar="FILE", help="Keep devices and keys in this file between runs."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="How many processes serve; one state."
)
@click.option(
    "--chaos",
    type=int,
    metavar="SEED",
    help="Be in trouble now and then: busy, slow, cut off. The same seed is the same trouble; a header says which.",
)
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    metavar="URI",
    help="Let a sign-in with a browser end here too; of a loopback URI any port will do. May be repeated.",
)
@click.option("--quiet", is_flag=True, help="Do not tell of each request on standard error.")
def serve(*, defects: tuple[str, ...], quiet: bool, **settings: Any) -> None:
    """Start the reference server, to try a client with.

    When it is ready it prints one line of JSON: url, tenant, domain, token, upn, challenge, ca (the path of a PEM file)
    and more. Ctrl-C ends it.
    """
    from conformance.server import Settings  # noqa: PLC0415 - other commands do not pay for it
    from conformance.server import serve as serve_now  # noqa: PLC0415

    serve_now(Settings(defects=defects, log=not quiet, **settings))
