"""The command `drs-conformance`: one file per subcommand, loaded when it is called; `run` when none is named.

The one rule: every failure of ours ends here as one sentence on standard error and its exit status, not a traceback.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from conformance.errors import ConformanceError, UsageError

_COMMANDS = (
    "run",
    "serve",
    "catalogue",
    "inspect",
    "report",
    "replay",
    "baseline",
    "prove",
    "cleanup",
    "login",
    "load",
    "fuzz",
)


class _Group(click.Group):
    """Loads a command's module when it is needed, so that `catalogue` does not wait for the server's imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"conformance.cli.{cmd_name}"), cmd_name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in {"--help", "-h", "--version"}):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConformanceError as error:
            click.echo(f"drs-conformance: {error}", err=True)
            ctx.exit(error.exit_status)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:  # which pathlib raises where it is only asked what there is
                raise
            click.echo(f"drs-conformance: {str(error.filename)[:40]!r}… is too long for a name; name another", err=True)
            ctx.exit(UsageError.exit_status)

    def main(  # type: ignore[override]  # click's overloads say the same at length
        self, args: Sequence[str] | None = None, *, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        """As click has it, but for its words: one sentence for a wrong command, a status of ours when interrupted."""
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **extra)
        try:
            status = super().main(args, standalone_mode=False, **extra)
        except click.ClickException as error:
            given = sys.argv[1:] if args is None else args
            click.echo(f"drs-conformance: {_sentence(error, given)}", err=True)
            sys.exit(UsageError.exit_status)
        except click.Abort:
            click.echo("drs-conformance: interrupted before there was anything to tell", err=True)
            sys.exit(ConformanceError.exit_status)
        sys.exit(status if isinstance(status, int) else 0)


def _sentence(error: click.ClickException, given: Sequence[str]) -> str:
    """What click says of a wrong command, in one line, and where to read what would do."""
    said = " ".join(error.format_message().split()).replace(". (Did you", " (did you").rstrip(".?")
    said = said[:1].lower() + said[1:]
    command = next((word for word in given if word in _COMMANDS), "" if said.startswith("no such command") else "run")
    return f"{said}; see drs-conformance {command} --help".replace("  ", " ")


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="drs-conformance")
def drs_conformance() -> None:
    """Tells whether a Device Registration Service speaks MS-DRS, and shows the bytes that prove it.

    Without a subcommand it is `run`. Exit status: 0 conformant, 1 nonconformant, 2 the command was wrong, 3 incomplete.
    """


def main() -> None:
    """The entry point; a closed pipe (`| head`) is no error."""
    try:
        drs_conformance(prog_name="drs-conformance")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
