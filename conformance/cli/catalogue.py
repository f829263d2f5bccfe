"""`drs-conformance catalogue`: what the suite holds a target to, and what it leaves open."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from conformance.spec import Level, Party, Source

if TYPE_CHECKING:
    from conformance.cli.listing import Listing

_PIPED_WIDTH = 200  # what is not a screen has no edge: wide enough for a line for each requirement


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="A table for people, JSON for programs, or a Markdown page.",
)
@click.option("--section", "sections", multiple=True, metavar="NUMBER", help="Only this section, or ids that begin so.")
@click.option(
    "--level", "levels", multiple=True, type=click.Choice(list(Level), case_sensitive=False), help="Only this level."
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    type=click.Choice(list(Source), case_sensitive=False),
    help="Only this source.",
)
@click.option(
    "--party",
    "parties",
    multiple=True,
    type=click.Choice(list(Party), case_sensitive=False),
    help="Only this one's duties.",
)
def catalogue(
    form: str,
    sections: tuple[str, ...],
    levels: tuple[Level, ...],
    sources: tuple[Source, ...],
    parties: tuple[Party, ...],
) -> None:
    """List requirements, ambiguities and the server's defects.

    Ambiguities are where the document can be read in two ways; defects are those that the reference server can have.
    Each filter may be repeated and then means any of its values; different filters must all hold. Ambiguities and
    defects are listed where they bear on a listed requirement. A few requirements are shown with all there is to say.
    """
    from conformance.cli import listing as lists  # noqa: PLC0415 - knows the server's defects, so `--help` need not wait

    listing = lists.Listing.of(lists.Filters(sections, levels, sources, parties))
    if form == "table":
        _show(listing)
    else:
        from conformance.cli import listing_text  # noqa: PLC0415

        click.echo(listing_text.as_json(listing) if form == "json" else listing_text.as_markdown(listing))


def _show(listing: Listing) -> None:
    """Prints the table: as wide as the screen and in colour, or plain where there is none."""
    from rich.console import Console  # noqa: PLC0415

    from conformance.cli import listing_table  # noqa: PLC0415

    if sys.stdout.isatty():
        listing_table.show(listing, Console(file=sys.stdout, highlight=False))
        return
    width = os.environ.get("COLUMNS", "")
    plain = Console(width=int(width) if width.isdecimal() else _PIPED_WIDTH, color_system=None, highlight=False)
    with plain.capture() as captured:
        listing_table.show(listing, plain)
    click.echo("\n".join(line.rstrip() for line in captured.get().strip().splitlines()))
