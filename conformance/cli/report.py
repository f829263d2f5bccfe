"""`drs-conformance report`: render again what a run recorded, or hold several runs side by side."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click
from rich.console import Console

from conformance.cli import rejudge as judging
from conformance.errors import ConformanceError, UsageError
from conformance.paths import REPORTS
from conformance.report import allure as allure_results
from conformance.report import allure_page, files, github, terminal, write_all, write_comparison
from conformance.report.text import line
from conformance.results import STREAM, Results, fold, load
from conformance.spec import catalogue

_TOLD = 400  # characters of a line


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RESULTS...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=REPORTS,
    show_default=True,
    help="The folder the report goes into.",
)
@click.option("--allure", is_flag=True, help="Make Allure's page too, with Allure 3 on PATH or through npx.")
@click.option("--rejudge", is_flag=True, help="Apply the present catalogue and checks to what was recorded.")
def report(results: tuple[Path, ...], out: Path, *, allure: bool, rejudge: bool) -> None:
    """Render again what a run recorded.

    RESULTS is a results.jsonl, or a folder that holds one; several are put side by side. Ends with 3 where one was cut
    off, and with 0 otherwise, whatever the verdict.
    """
    if rejudge and len(results) > 1:
        raise UsageError("--rejudge judges one run; name one")
    if allure and len(results) > 1:
        raise UsageError("--allure shows one run; name one")
    again = judging.rejudge(load(results[0]), catalogue()) if rejudge else None
    streams = [again.records] if again else [load(path) for path in results]
    runs = [fold(records, catalogue()) for records in streams]
    with github.fenced(os.environ, click.echo):
        _write(results, runs, out)
        if len(streams) == 1:
            allure_results.write(out, streams[0], catalogue())
        if allure:
            click.echo(allure_page.make(out))
        if again:
            files.write(out / "rejudged.json", json.dumps(judging.document(again), indent=2) + "\n")
            click.echo("\n".join(line(text, _TOLD) for text in judging.told(again)))
    cut = [path for path, run in zip(results, runs, strict=True) if run.ended is None]
    for path in cut:
        click.echo(f"drs-conformance: {path} was cut off before its footer; the report tells what it holds", err=True)
    sys.exit(ConformanceError.exit_status if cut else 0)  # a script does not take what is left of a run for the whole


def _write(results: tuple[Path, ...], runs: list[Results], out: Path) -> None:
    console = Console(highlight=False, soft_wrap=False)
    if len(runs) == 1:
        page = write_all(out, runs[0], catalogue())
        console.print(terminal.summary(runs[0], catalogue(), page, run=_folder(results[0])))
        return
    named = dict(zip(_names(results), runs, strict=True))
    page = write_comparison(out, named, catalogue())
    for name, run in named.items():
        console.print(f"{name}:", end=" ", markup=False)
        console.print(terminal.verdict(run))
    console.print(f"report: {page}", markup=False)


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _names(paths: tuple[Path, ...]) -> list[str]:
    """What the runs are called: by their folder or file where that tells them apart, else by the whole path."""
    short = [(path.parent if path.name == STREAM else path).resolve().name.removesuffix(".jsonl") for path in paths]
    names = [name if short.count(name) == 1 else str(path) for name, path in zip(short, paths, strict=True)]
    return [name if name not in names[:at] else f"{name} ({at + 1})" for at, name in enumerate(names)]
