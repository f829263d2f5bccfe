"""The options of a run as click's, for the commands that take all of them or a few."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from conformance.plugin.options import BY_NAME, Option, Raw

Command = Callable[..., None]


def options(*names: str, **said: str) -> Callable[[Command], Command]:
    """Declares these options of a run; all of them when none is named. `said` has the words of those that mean else."""

    def declared(command: Command) -> Command:
        for name in reversed(names or tuple(BY_NAME)):
            command = _declare(BY_NAME[name], said.get(name.replace("-", "_"), ""))(command)
        return command

    return declared


def collected(given: Mapping[str, Any]) -> Raw:
    """The options as click gave them, with the environment and a file for the rest. Raises `UsageError`."""
    return Raw.collect(lambda option: given.get(option.name.replace("-", "_")))


def _declare(option: Option, said: str) -> Callable[[Command], Command]:
    flag = f"--{option.name}"
    default = f"  [default: {option.default}]" if option.default else ""
    help_ = f"{said or f'{option.help[0].upper()}{option.help[1:]}.{default}'}  [{option.env}]"
    if option.metavar is None:
        return click.option(flag, is_flag=True, help=help_)
    return click.option(flag, metavar=option.metavar, multiple=option.many, help=help_)
