"""`drs-conformance run`: the suite against a target, shown as it goes, with a verdict and a report at the end."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console

from conformance.cli.options import collected, options

_PLUGINS = (
    "conformance.plugin",
    "_hypothesis_pytestplugin",
    "no:cacheprovider",
    "no:terminal",
    "no:logging",
    "no:faulthandler",
)


@dataclass(frozen=True)
class _Handed:
    """What the plugin finds where the command has begun the run already; pytest registers it by `__name__`."""

    run: Any
    __name__ = "drs-run"


@click.command()
@options()
def run(**given: Any) -> None:
    """Run the suite against --target, or the reference server.

    Each option has an environment variable, named behind it, and a --drs-… twin in plain pytest.
    """
    from conformance.plugin.interrupts import Interrupts  # noqa: PLC0415 - --help need not wait for the suite's imports
    from conformance.plugin.run import prepare  # noqa: PLC0415

    raw = collected(given)
    if raw.flag("dry-run"):
        from conformance.plugin.dry import told  # noqa: PLC0415

        click.echo(told(raw))
        return
    with Interrupts() as interrupts:
        begun = interrupts.run = prepare(raw)
        try:
            begun.begin()
            if not begun.stopped:
                suite(begun)
        except KeyboardInterrupt:
            begun.stop("interrupted")
        finally:
            results = begun.finish()
        show(results, begun.settings.out / "index.html", begun.remarks)
    sys.exit(results.exit_status)


def show(results: Any, report: Any, remarks: Any) -> None:
    """The table, the failures, what could be tested besides, the verdict; as text without colour where nobody looks."""
    from conformance.report import github, terminal  # noqa: PLC0415 - as in `run`
    from conformance.spec import catalogue  # noqa: PLC0415

    console = Console()
    summary = terminal.summary(results, catalogue(), report)
    try:
        with github.fenced(os.environ, click.echo):
            if console.is_terminal:
                console.print(summary)
            else:
                click.echo(terminal.plain(summary), nl=False)
        for remark in remarks:
            click.echo(remark)
        github.announce(results, catalogue(), os.environ, click.echo)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head`: whoever reads has enough; the status is the verdict's all the same
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def suite(begun: Any, *tests: str) -> None:
    """Runs pytest on the suites, or on these tests, with our plugins and settings only; the run holds what came."""
    import pytest  # noqa: PLC0415 - as in `run`

    from conformance.cli.progress import progress  # noqa: PLC0415
    from conformance.paths import SUITES  # noqa: PLC0415

    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):  # meant for the user's own tests, not for these
        os.environ.pop(name, None)
    watcher = progress(begun)
    arguments = [
        *([str(SUITES.parent / test) for test in tests] or [str(SUITES)]),
        "-c", str(SUITES.parent / "pytest.ini"),
        "--disable-plugin-autoload",
        *(word for name in _PLUGINS for word in ("-p", name)),
        "--import-mode=importlib",
    ]  # fmt: skip
    with watcher:
        pytest.main(arguments, plugins=[_Handed(begun), watcher])
    if not watcher.ended:
        begun.stop("our own fault: pytest ended before the suite did")
