"""`tox -e bench`: what the suite and the reference server cost; JSON in reports/bench/, a table in the terminal."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bench import guard, kept
from bench.figures import Figure
from bench.machine import described
from bench.parts import PARTS, How, Part, chosen

_PARTS = "; ".join(f"{part.name}: {part.says}{' (only when named)' if part.alone else ''}" for part in PARTS.values())


@click.command(epilog=f"The parts are {_PARTS}.")
@click.argument("parts", nargs=-1)
@click.option("--short", is_flag=True, help="A try of the harness: little of everything, and never kept.")
@click.option("--strict", is_flag=True, help="Status 1 where a ratio became worse than the committed one.")
@click.option("--profile", is_flag=True, help="Also write a profile of each part, which makes its figures no figures.")
@click.option("--keep", is_flag=True, help="Measure nothing; commit what was, and write it into the pages.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=kept.OUT, help="Where the JSON goes.")
def main(*, parts: tuple[str, ...], short: bool, strict: bool, profile: bool, keep: bool, out: Path) -> None:
    """Measure PARTS, or all of them that take minutes, and compare their ratios with the committed ones."""
    if keep:
        click.echo(f"kept: {', '.join(kept.keep(out)) or 'nothing, since nothing was measured in whole'}")
        return
    try:
        todo = chosen(parts)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    found = [figure for part in todo for figure in _measured(part, out, short=short or profile, profile=profile)]
    before = [figure for part in kept.committed().values() for figure in kept.figures(part)]
    worse = guard.warnings(found, before)
    for sentence in worse:
        click.echo(f"warning: {sentence}")
    if not before:
        click.echo("nothing to compare with: no figures are committed")
    sys.exit(bool(worse) and strict)


def _measured(part: Part, out: Path, *, short: bool, profile: bool) -> list[Figure]:
    """Runs one part, writes its JSON and shows its figures."""
    began = time.monotonic()
    where = described()
    with tempfile.TemporaryDirectory(prefix="drs-bench-") as folder:
        out.mkdir(parents=True, exist_ok=True)
        into = out / f"{part.name}.profile.txt" if profile else None
        how = How(short, Path(folder), lambda word: click.echo(f"{part.name}: {word}", err=True), into)
        came: dict[str, Any] = part.measuring().measure(how)
    took = round(time.monotonic() - began, 1)
    head = {"part": part.name, "short": short, "machine": where, "seconds": took}
    path = kept.write(out, part.name, head | came)
    figures = kept.figures(came)
    _show(part, figures, f"{took:.0f} s, {path}")
    return figures


def _show(part: Part, figures: list[Figure], caption: str) -> None:
    table = Table("measured", "median (lowest\N{EN DASH}highest)", "goal", title=part.says, caption=caption)
    for figure in figures:
        table.add_row(figure.says.replace("`", ""), figure.text(), f"{figure.wanted()} {figure.verdict()}".strip())
    Console().print(table)


if __name__ == "__main__":
    main(prog_name="bench")
