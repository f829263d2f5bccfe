"""Runs of the command and of plain pytest, as the tests of `cli` have them."""

from cli.cli_front import front
from cli.cli_runs import answering, drs, server, start

__all__ = ["answering", "drs", "front", "server", "start"]
