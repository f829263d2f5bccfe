"""What is seen of a campaign: a line that stays, with rate and coverage, and each failure as it is found."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from conformance.cli.fuzz_state import State
from conformance.report.text import plural
from conformance.results import Outcome
from conformance.spec import Party, catalogue

_LINE_SECONDS = 60.0  # between two lines of a log


class Screen:
    """A terminal, or a log where nobody looks."""

    def __init__(self) -> None:
        self.console = Console()
        self._live: Live | None = None
        self._began = time.monotonic()
        self._before = (0, 0)
        self._told = 0.0
        self._rounds = -1

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live = Live(Text(""), console=self.console, refresh_per_second=2)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def begin(self, state: State, seconds: float) -> None:
        """What is going to be done."""
        self._before = (state.found.requests, state.found.cases)
        goes_on = f", goes on behind {plural(state.rounds, 'round')}" if state.rounds or state.found.tests else ""
        self.say(f"Fuzzing for {_span(seconds)}: profile {state.about['profile']}, next seed {state.next}{goes_on}")

    def say(self, line: str) -> None:
        """A line that stays."""
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def show(self, state: State, left: float, running: int) -> None:
        """How it goes; in a log once a minute, and behind the first rounds."""
        line = self._line(state, left, running)
        if self._live is not None:
            self._live.update(Text(line))
        elif time.monotonic() - self._told > _LINE_SECONDS or (state.rounds != self._rounds and state.rounds <= 1):
            self._told, self._rounds = time.monotonic(), state.rounds
            self.say(line)

    def end(self, state: State, stopped: str | None, summary: RenderableType) -> None:
        """The summary as of a run, each failure with how to see it again, and how it went."""
        self.console.print(summary)
        for failure in sorted(state.found.failures.values(), key=lambda one: (-one.rounds, one.requirement)):
            rounds = plural(failure.rounds, "round")
            self.say(f"{failure.requirement}: in {rounds}, first with --seed {failure.seed}, {failure.test}")
        if stopped:
            self.say(f"ended before its time: {stopped}")
        self.say(self._line(state, 0, 0))

    def _line(self, state: State, left: float, running: int) -> str:
        found, took = state.found, max(0.001, time.monotonic() - self._began)
        requests, cases = (
            (now - then) / took for now, then in zip((found.requests, found.cases), self._before, strict=True)
        )
        verdicts = found.verdicts()
        every = sum(one.party is Party.SERVER and not one.untestable for one in catalogue().requirements.values())
        seen = {kind: sum(verdict is kind for verdict in verdicts.values()) for kind in Outcome}
        told = ", ".join(f"{seen[kind]} {kind.value}" for kind in (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE))
        exercised = sum(verdict is not Outcome.SKIP for verdict in verdicts.values())
        parts = [
            plural(state.rounds, "round") + (f" and {running} open" if running else ""),
            f"{plural(found.requests, 'request')} ({requests:,.0f}/s)",
            f"{plural(found.cases, 'case')} ({cases:,.0f}/s)",
            f"{exercised} of {every} requirements: {told}",
            plural(len(found.failures), "distinct failure"),
            *([f"{_span(left)} left"] if left > 0 else []),
        ]
        return ", ".join(parts)


def _span(seconds: float) -> str:
    return str(timedelta(seconds=max(0, round(seconds))))
