"""`drs-conformance inspect`: the annotated dissection of one structure of the protocol."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from conformance.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from conformance.cli.inspect_kinds import Remark

_PIPED_WIDTH = 120  # what is not a screen has no edge; COLUMNS sets another


@click.command()
@click.argument(
    "kind", type=click.Choice(["csr", "transport-key", "certificate", "attestation", "nonce"]), metavar="KIND"
)
@click.argument("file")
@click.option("--full", is_flag=True, help="Show every octet and every part, however many.")
def inspect(kind: str, file: str, full: bool) -> None:
    """Take a structure apart, octet by octet.

    Shows the offset, octets, field and value of each part, and what the catalogue says of it.

    KIND is csr, transport-key, certificate, attestation or nonce. FILE is raw, base64 or PEM; - is standard input.

    A mark begins each line of the catalogue: + holds, ! does not hold, o is an observation. A certificate is held to
    what the answer of a join owes. What is cut off is shown as far as it goes; the fault is then named with its offset,
    and the exit status is 2.
    """
    from conformance.cli import inspect_input, inspect_kinds, inspect_view  # noqa: PLC0415 - `--help` need not wait

    structure = inspect_kinds.KINDS[kind]
    given = inspect_input.read(file, structure)
    dissection = structure.dissect(given.data)
    remarks = inspect_kinds.remarks(structure, given, dissection)
    console = _console()
    _show(console, f"{given.name}: {structure.title}, {len(given.data)} octets, {given.form}", "bold")
    _show(console, "")
    for line in inspect_view.View(console.width, full=full).lines(dissection.rows, remarks):
        console.print(line, no_wrap=True, overflow="ignore", crop=False)
    _show(console, "")
    _show(console, _summary(remarks))
    if fault := dissection.fault if given.whole else given.fault:
        raise UsageError(f"{given.name}: {fault}")


def _console() -> Console:
    """Standard output: as wide as the screen, and coloured only there."""
    from rich.console import Console  # noqa: PLC0415 - `--help` need not wait

    screen = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if screen or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=True)


def _show(console: Console, text: str, style: str = "") -> None:
    console.print(text, style=style)


def _summary(remarks: tuple[Remark, ...]) -> str:
    if not remarks:
        return "the catalogue says nothing that could be told from this"
    counts = {verdict: sum(remark.holds is verdict for remark in remarks) for verdict in (True, False, None)}
    holding = f"{counts[True]} of the catalogue's requirements hold{'s' * (counts[True] == 1)}"
    broken = f"{counts[False]} {'does' if counts[False] == 1 else 'do'} not"
    return f"{holding}, {broken}; {counts[None]} observation{'s' * (counts[None] != 1)}"
