"""`drs-conformance report`: render again what a run recorded, or hold several runs side by side."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from conformance.paths import REPORTS
from conformance.report import terminal, write_all, write_comparison
from conformance.results import Results, fold, load
from conformance.spec import catalogue

STREAM = "results.jsonl"


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RESULTS...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=REPORTS,
    show_default=True,
    help="The folder the report goes into.",
)
def report(results: tuple[Path, ...], out: Path) -> None:
    """Render again what a run recorded.

    RESULTS is a results.jsonl, or a folder that holds one; several are put side by side.
    """
    runs = [_read(path) for path in results]
    console = Console(highlight=False, soft_wrap=False)
    if len(runs) == 1:
        page = write_all(out, runs[0], catalogue())
        console.print(terminal.summary(runs[0], catalogue(), page))
        return
    page = write_comparison(out, runs, catalogue())
    for path, run in zip(results, runs, strict=True):
        console.print(f"{path}:", end=" ", markup=False)
        console.print(terminal.verdict(run))
    console.print(f"report: {page}", markup=False)


def _read(path: Path) -> Results:
    return fold(load(path / STREAM if path.is_dir() else path), catalogue())
