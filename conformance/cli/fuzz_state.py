"""Where a campaign is: one file in its folder, written as a whole when a round begins or ends.

Rule 1: what is recorded counts once. The file names the rounds that are open, and how far their streams are in
it; the rest is taken in when the campaign is taken up again. A folder that it does not name is of a round that is in.

Rule 2: what it says is held to its form before anything is done by it: the folders that it names are removed.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from conformance.cli.fuzz_found import Found
from conformance.errors import ResultsError, UsageError
from conformance.results import Header

FILE: Final = "campaign.json"
FORMAT: Final = "drs-conformance campaign/1"
_ROUND: Final = re.compile(r"round-[0-9]{1,6}")
_PLACE: Final = 3  # seed, process, place
_LARGEST: Final = 2**53


@dataclass(slots=True)
class State:
    """A campaign: what it is about, its next seed, what it has found.

    `open` are rounds by folder: the seed, the process, and the place in the stream up to which it was read.
    """

    about: dict[str, Any]  # target, tenant, profile, selection: what may not change
    first: int
    next: int
    whole: bool = False  # whether the whole suite came to its end once
    rounds: int = 0
    seconds: float = 0.0
    by: int = 0  # the process
    header: dict[str, Any] = field(default_factory=dict)
    open: dict[str, list[int]] = field(default_factory=dict)
    found: Found = field(default_factory=Found)

    def save(self, folder: Path) -> None:
        """Raises `UsageError` when it cannot be written."""
        value = {"format": FORMAT} | {name: getattr(self, name) for name in self.__slots__}
        value["found"] = self.found.to_json()
        path = folder / FILE
        try:
            with path.with_suffix(".new").open("w", encoding="ascii") as file:
                json.dump(value, file, separators=(",", ":"))
                file.flush()
                os.fsync(file.fileno())
            path.with_suffix(".new").replace(path)
        except OSError as error:
            raise UsageError(f"{str(path)!r} cannot be written to ({error.strerror})") from None

    def check(self) -> None:
        """Raises `TypeError`, `ValueError` or `ResultsError` for what no campaign comes to."""
        counts = [self.first, self.next, self.rounds, self.by, self.found.requests, self.found.cases]
        counts += [self.found.created, *(one for values in self.open.values() for one in values)]
        if not all(isinstance(one, int) and 0 <= one <= _LARGEST for one in counts):
            raise ValueError
        if not (
            isinstance(self.seconds, int | float) and 0 <= self.seconds <= _LARGEST and self.whole in {True, False}
        ):
            raise ValueError
        if not all(_ROUND.fullmatch(name) and len(values) == _PLACE for name, values in self.open.items()):
            raise ValueError
        told = [text for failure in self.found.failures.values() for text in (failure.problem, failure.test)]
        counts = [n for failure in self.found.failures.values() for n in (failure.seed, failure.rounds)]
        if not all(isinstance(text, str) for text in told) or not all(isinstance(n, int) for n in counts):
            raise ValueError
        if self.header:
            Header.from_json({name: value for name, value in self.header.items() if name != "record"})


def taken_up(folder: Path, about: dict[str, Any], seed: int, *, named: bool) -> State:
    """The campaign of this folder, or a new one that begins with the seed. Raises `UsageError` where it is another."""
    path = folder / FILE
    if not path.exists():
        return State(about, seed, seed)
    try:
        value = json.loads(path.read_text(encoding="ascii"))
        form = value.pop("format")
        state = State(**{**value, "found": Found.from_json(value["found"])})
        state.check()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ResultsError):
        raise UsageError(f"{str(path)!r} is no campaign that this version reads; name another --out") from None
    if form != FORMAT:
        raise UsageError(f"{str(path)!r} is of the form {form!r}, this version reads {FORMAT!r}; name another --out")
    for name, now in about.items():
        if (then := state.about.get(name)) != now:
            raise UsageError(
                f"--out {str(folder)!r} holds a campaign with the {name} {then!r}, not {now!r}; name another --out"
            )
    if named and state.first != seed:
        raise UsageError(
            f"--out {str(folder)!r} holds a campaign that began with the seed {state.first}, not {seed}; "
            "leave --seed out to go on with it, or name another --out"
        )
    return state
