"""Our own failures, never the target's: each is one sentence that says what, where, and what would do.

The one rule: a fault of the target is never raised from here (it is a finding of a check), and a fault of ours is never
anything else, so that the two cannot be mixed up in a verdict.
"""

from __future__ import annotations


class ConformanceError(Exception):
    """A failure of this project or of its surroundings; `exit_status` is what a command ends with because of it."""

    exit_status = 3


class UsageError(ConformanceError):
    """The command was wrong: an option, a file, a value; the sentence says which, what was given and what would do."""

    exit_status = 2


class TargetError(ConformanceError):
    """The run cannot be done: the target is unreachable or refuses what every case rests on."""


class CatalogueError(ConformanceError):
    """The catalogue, a schema or a fixture contradicts itself."""


class ResultsError(ConformanceError):
    """A result stream that cannot be read: cut off, of another format, or not one of ours."""

    exit_status = 2


class DecodeError(ConformanceError, ValueError):
    """Bytes that do not have the shape of a structure.

    `structure` is the name the field uses (`BCRYPT_RSAKEY_BLOB`), `offset` the position of the first wrong byte (of the
    first wrong character for text encodings), `problem` what is wrong there.
    """

    def __init__(self, structure: str, offset: int, problem: str) -> None:
        super().__init__(structure, offset, problem)
        self.structure = structure
        self.offset = offset
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.structure}: {self.problem} at offset {self.offset}"
