"""A campaign: rounds until time is up, what they find folded as it comes, and a report as of one run at the end.

The one rule: whoever ends it, however, keeps what was recorded. The clock and Ctrl-C end rounds as they end a run, and
a kill loses nothing that a round had written down.
"""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.cli.fuzz_found import Failure
from conformance.cli.fuzz_round import Round, remove, runs, since, wait_for
from conformance.cli.fuzz_state import State, taken_up
from conformance.cli.fuzz_text import Screen
from conformance.errors import ConformanceError, UsageError
from conformance.kit.shield import SHIELD
from conformance.plugin import corpus, rounds
from conformance.plugin.interrupts import Interrupts
from conformance.plugin.journal import LEDGER, now, remaining
from conformance.plugin.options import Raw
from conformance.plugin.run import refuse_orphans
from conformance.plugin.settings import Settings, read_target
from conformance.plugin.tidying import tidy
from conformance.report import allure, terminal, write_all
from conformance.report.text import plural
from conformance.results import STREAM, Device, Footer, Header, Results, Stop, StreamRecord, TestRecord, Writer, fold
from conformance.spec import catalogue

_EVERY = 10  # rounds, of which one begins with what the database of examples holds
_REPORT_SECONDS = 600.0
_FRUITLESS = 5  # rounds in a row without a test, behind each of which is a longer wait
_LOOK_SECONDS = 0.5
_RECORDS: dict[str, type[TestRecord | Device]] = {"test": TestRecord, "device": Device}


@dataclass(slots=True)
class Campaign:
    """Rounds of one folder."""

    raw: Raw
    settings: Settings
    state: State
    jobs: int
    screen: Screen
    running: dict[str, Round] = field(default_factory=dict)
    interrupted: bool = False
    finishing: bool = False  # as a run's: from here on no signal keeps the report from being written
    stopped: str | None = None
    _tested: bool = False  # whether the round in hand came to a test
    _fruitless: int = 0
    _not_before: float = 0.0
    _reported: float = field(default_factory=time.monotonic)

    @property
    def out(self) -> Path:
        """The folder of the campaign."""
        return self.settings.out

    # --- rounds

    def run(self, seconds: float) -> None:
        """Rounds until time is up, or nothing can be done."""
        began, before = time.monotonic(), self.state.seconds
        self._leftovers()
        try:
            while not self.stopped and not self.interrupted and time.monotonic() - began < seconds:
                with SHIELD:
                    self._begin()
                time.sleep(_LOOK_SECONDS)
                with SHIELD:
                    self._look()
                self.state.seconds = before + time.monotonic() - began
                self.screen.show(self.state, began + seconds - time.monotonic(), len(self.running))
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            self.finishing = True
            self._end()
            self.state.seconds = before + time.monotonic() - began

    def _begin(self) -> None:
        """Fills the places that are free."""
        if time.monotonic() < self._not_before:
            return
        for number in range(self.jobs):
            name = f"round-{number}"
            if name in self.running:
                continue
            own = self._own()
            if own is None:
                return
            seed, self.state.next = self.state.next, (self.state.next + 1) % 2**32
            begun = Round(self.out / name, self.raw, seed, self._kind(), own)
            self.running[name] = begun
            self.state.open[name] = [seed, begun.process.pid, 0]
            self.state.save(self.out)

    def _kind(self) -> str:
        if not self.state.whole and not any(one.kind == rounds.WHOLE for one in self.running.values()):
            return rounds.WHOLE
        return rounds.REPLAY if self.state.rounds % _EVERY == 0 else rounds.DRAWN

    def _own(self) -> dict[str, str | None] | None:
        """What of the options is the round's part; None where nothing is left for it."""
        most, rate = self.settings.max_devices, self.raw.text("rate")
        left = None if most is None else most - self.state.found.created
        if left is not None and left <= 0 and self.state.rounds:
            self.stopped = f"the {most} devices of --max-devices are made"
            return None
        return {
            "max-devices": None if left is None else str(max(0, left)),
            "rate": None if rate is None else str(float(rate) / self.jobs),
            "example-database": self._database(),
        }

    def _database(self) -> str | None:
        """The database of examples, where it answers: a round begins without it rather than not at all."""
        place = self.settings.examples
        if place is None:
            return None
        try:
            corpus.check(place)
        except UsageError as error:
            self.screen.say(f"a round goes without shared examples: {error}")
            return None
        return place.text

    # --- what they record

    def _look(self) -> None:
        for name, one in tuple(self.running.items()):
            over = one.over()
            for record in one.records():
                self._take(record, one)
            self.state.open[name][2] = one.place
            if over:
                self._close(name, one)

    def _take(self, value: dict[str, Any], one: Round) -> None:
        kind = value.get("record")
        if kind == "header" and not self.state.header:
            self.state.header = value
        elif kind == "footer":
            one.ended = value.get("stopped") is None
        elif kind == "stop":
            if not self.finishing:
                self.screen.say(f"seed {one.seed}: {value.get('reason')}")
        elif kind in _RECORDS:
            self._tested = self._tested or kind == "test"
            self._tell(self.state.found.take(_RECORDS[kind].from_json(value), one.seed))

    def _tell(self, failures: list[Failure]) -> None:
        for failure in failures:
            self.screen.say(f"FAILED {failure.requirement} (seed {failure.seed}): {failure.problem}")

    def _close(self, name: str, one: Round) -> None:
        one.close()
        if one.said() and one.process.returncode != UsageError.exit_status:
            self.screen.say(one.said())
        for record in one.records():
            self._take(record, one)
        if one.process.returncode == UsageError.exit_status:
            self.stopped = one.said() or "a round could not begin"
            raise_usage = self.state.rounds == 0 and not self.state.found.tests
            self._forget(name)
            if raise_usage:
                raise UsageError(self.stopped)
            return
        self.state.whole = self.state.whole or (one.kind == rounds.WHOLE and one.ended)
        self.state.rounds += 1
        self._forget(name)
        self._pace()
        if time.monotonic() - self._reported > _REPORT_SECONDS:
            self.report()

    def _pace(self) -> None:
        """A target that is gone is asked again later, and not for ever."""
        self._fruitless = 0 if self._tested else self._fruitless + 1
        self._tested = False
        if self._fruitless:
            self._not_before = time.monotonic() + min(60.0, 2.0**self._fruitless)
        if self._fruitless >= _FRUITLESS or (self._fruitless and not self.state.found.tests):
            self.stopped = f"{plural(self._fruitless, 'round')} in a row came to no test"

    def _forget(self, name: str) -> None:
        """The round is in: said first, and its folder removed then."""
        self.running.pop(name, None)
        self.state.open.pop(name, None)
        folder, ledger = self.out / name, self.out / LEDGER
        kept = self.raw.text("target") is not None
        self.state.save(self.out)
        remove(folder, ledger, kept=kept)

    def _leftovers(self) -> None:
        """What the rounds of a campaign that was killed recorded is taken in."""
        for name, (seed, pid, place) in tuple(self.state.open.items()):
            wait_for(pid)
            for value in since(self.out / name, place)[0]:
                if (kind := str(value.get("record"))) in _RECORDS:
                    self._tell(self.state.found.take(_RECORDS[kind].from_json(value), seed))
            self.state.rounds += 1
            self._forget(name)

    def _end(self) -> None:
        for one in self.running.values():
            one.interrupt()
        for name, one in tuple(self.running.items()):
            with suppress(UsageError):
                self._close(name, one)

    # --- what comes of it

    def report(self) -> Results | None:
        """The stream of the campaign as of one run, and every report of it; None before there is anything."""
        self._reported = time.monotonic()
        if not self.state.header:
            return None
        records = self._records()
        with Writer(self.out / STREAM) as writer:
            for record in records:
                writer.write(record)
        results = fold(records, catalogue())
        write_all(self.out, results)
        allure.write(self.out, records, catalogue())
        return results

    def _records(self) -> list[StreamRecord]:
        found = self.state.found
        header = Header.from_json({name: value for name, value in self.state.header.items() if name != "record"})
        records: list[StreamRecord] = [replace(header, seed=self.state.first, accepted=self.settings.accepted)]
        records += found.tests.values()
        ledger = self.out / LEDGER
        if ledger.exists():
            records += [Device(made.id, now(), made.thumbprint) for made in remaining(ledger).devices]
        stop = None if self.state.whole else self.stopped or "time was up before the whole suite had been run once"
        if stop:
            records.append(Stop(stop))
        return [*records, Footer(now(), round(self.state.seconds, 3), found.requests, stop)]

    def tidy(self) -> None:
        """Removes what rounds that were killed have left, where the target is one of the user's."""
        if self.raw.text("target") is not None and (self.out / LEDGER).exists():
            try:
                tidy(self.out / LEDGER, read_target(self.raw, self.settings.timeout)[0])
            except ConformanceError as error:
                self.screen.say(f"devices could not be removed: {error}")


def campaign(raw: Raw, seconds: float, jobs: int) -> int:
    """A campaign from its options to its exit status. Raises `UsageError`."""
    settings = Settings.read(raw)
    if raw.text("target") is not None:
        read_target(raw, settings.timeout)
    else:
        refuse_orphans(raw)
    if jobs > 1 and settings.max_devices is not None:
        raise UsageError("--max-devices counts the devices of one process; leave out --jobs")
    if settings.examples is not None:
        corpus.check(settings.examples)
    named = "seed" not in raw.defaulted
    seed = settings.seed if named else random.SystemRandom().randrange(2**32)
    about = {
        "target": raw.text("target"),
        "tenant": raw.text("tenant"),
        "profile": settings.profile.name,
        "selection": list(settings.select),
    }
    try:
        settings.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{raw.said('out')} {str(settings.out)!r} cannot be written to ({error.strerror})") from None
    state = taken_up(settings.out, about, seed, named=named)
    if state.by != os.getpid() and runs(state.by):
        raise UsageError(f"--out {str(settings.out)!r} is in use by process {state.by}; end it, or name another --out")
    state.by = os.getpid()
    state.save(settings.out)
    screen = Screen()
    with Interrupts() as interrupts, screen:
        one = interrupts.run = Campaign(raw, settings, state, jobs, screen)
        screen.begin(state, seconds)
        one.run(seconds)
        one.tidy()
        results = one.report()
    if results is None:
        raise ConformanceError(f"the campaign came to nothing: {one.stopped or 'time was up before the first test'}")
    screen.end(state, one.stopped, terminal.summary(results, catalogue(), settings.out / "index.html"))
    return results.exit_status
