"""The fixtures of `cli_runs`, for the tests of this room."""

from cli.cli_runs import answering, drs, server, start

__all__ = ["answering", "drs", "server", "start"]
