"""The fixtures of `cli_runs` and `cli_front`, for the tests of this room."""

from cli.cli_front import front
from cli.cli_runs import answering, drs, server, start

__all__ = ["answering", "drs", "front", "server", "start"]
