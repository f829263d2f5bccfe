"""The command `drs-conformance`: one file per subcommand, loaded when it is called; `run` when none is named.

The one rule: every failure of ours ends here as one sentence on standard error and its exit status, not a traceback.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from conformance.errors import ConformanceError

_COMMANDS = ("run", "serve", "catalogue", "inspect", "report")


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
