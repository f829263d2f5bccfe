"""Every page of `--help` is whole: nothing of it is cut off, and no line is longer than the terminal."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from conformance.cli import drs_conformance

PROGRAM = "drs-conformance"


def pages() -> list[str]:
    """The command, its commands and theirs, as they are called."""
    found: list[str] = []
    waiting: list[tuple[str, click.Command]] = [("", drs_conformance)]
    for name, command in waiting:
        found.append(name)
        if isinstance(command, click.Group):
            context = click.Context(command)
            inner = [(word, command.get_command(context, word)) for word in command.list_commands(context)]
            waiting += [(f"{name} {word}".strip(), one) for word, one in inner if one is not None]
    return found


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", pages())
def test_a_page_of_help_is_whole(name: str, width: int) -> None:
    done = CliRunner().invoke(drs_conformance, [*name.split(), "--help"], prog_name=PROGRAM, terminal_width=width)
    assert done.exit_code == 0
    assert done.stdout.startswith(f"Usage: {PROGRAM} {name}".rstrip())
    _, _, commands = done.stdout.partition("\nCommands:\n")
    assert [line for line in commands.splitlines() if not line.endswith(".") or line.endswith("..")] == []
    assert [line for line in done.stdout.splitlines() if len(line) > width] == []
