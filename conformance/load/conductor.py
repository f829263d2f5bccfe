"""What sums up a load, in the process that began it, whichever way Locust runs it.

The one rule: what the processes told becomes records of a run, and nothing else; the run does the rest.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import gevent
from gevent.event import Event
from locust.env import Environment

from conformance.load import judging, user
from conformance.load.centre import Centre
from conformance.load.tally import JOIN, SECTIONS
from conformance.plugin.run import Run
from conformance.results import Load, Results, Timing

CORE: Final = (judging.ANY_ORDER, judging.NONCES, judging.ACCEPTED, "device/at-once-own-answer", judging.ONCE)
"""The requirements that a load is there for; one that came to a verdict on too few of them is incomplete."""
LAST_WORDS: Final = 5.0  # seconds for what was asked for to be shown


@dataclass(frozen=True, slots=True)
class Shape:
    """How many users at once, from how many processes, for how many seconds."""

    users: int
    seconds: float
    workers: int = 1


class Conductor:
    """What sums up a load in the process that began it, whichever way Locust runs it."""

    def __init__(self, environment: Environment, run: Run) -> None:
        self.environment = environment
        self.run = run
        self.ended = Event()
        self.centre = Centre(self._show)
        self.shape = Shape(0, 0.0)
        self._began = time.monotonic()
        runner = environment.runner
        assert runner is not None
        runner.register_message(user.TOLD, lambda msg, **_: self.centre.take(msg.node_id, msg.data))
        runner.register_message(user.SHOWN, lambda msg, **_: self.centre.shown(msg.data))
        runner.register_message(user.STOP, lambda msg, **_: self.stop(msg.data["why"]))

    def _show(self, process: str, wanted: dict[str, Any]) -> None:
        assert self.environment.runner is not None
        self.environment.runner.send_message(user.SHOW, wanted, process)

    def stop(self, why: str | None) -> None:
        """Ends the load: with a reason where it cannot be done, with none where there is no more to do."""
        if why is not None:
            self.run.stop(why)
        self.ended.set()

    @property
    def elapsed(self) -> float:
        """Seconds since the first user came."""
        return time.monotonic() - self._began

    def begin(self, shape: Shape) -> None:
        """The clock runs."""
        self.shape, self._began = shape, time.monotonic()

    def conclude(self) -> Results:
        """The verdict, when all was told. Raises `UsageError` when it cannot be written."""
        seconds = self.elapsed
        for _ in range(int(LAST_WORDS * 20)):
            if self.centre.waiting <= 0:
                break
            gevent.sleep(0.05)
        if not self.centre.requests[JOIN] and not self.run.interrupted:
            self.run.stop(self._without_joins())
        for record in self.centre.records():
            self.run.record(record)
        timings = tuple(self._timings())
        made, removed = self.centre.made, self.centre.removed
        self.run.load = Load(
            max(1, self.shape.users), max(1, self.shape.workers), round(seconds, 3), timings, made, removed
        )
        return self.run.finish()

    def _without_joins(self) -> str:
        """Why a load of discovery and nonces alone, or of nothing, says too little."""
        if self.run.credentials.token is None:
            return "no join was sent, for want of a token; pass --token or --token-command"
        if not (self.run.target.loopback or self.run.target.devices_allowed):
            return "no join was sent, since the target is not on this machine; allow devices (--allow-device-creation)"
        return "no join was answered; see whether discovery and nonces are, or give it longer with --for"

    def _timings(self) -> Iterator[Timing]:
        entries = {name: entry for (name, _), entry in self.environment.stats.entries.items()}
        for name in SECTIONS:
            if (entry := entries.get(name)) is not None and entry.num_requests:
                rate, longest = round(entry.total_rps, 2), float(entry.max_response_time)
                of = entry.get_response_time_percentile  # which rounds, upwards too
                half, most, nearly = (min(float(of(part)), longest) for part in (0.5, 0.95, 0.99))
                wrong, busy = self.centre.wrong[name], self.centre.busy[name]
                yield Timing(name, entry.num_requests, rate, half, most, nearly, longest, wrong, busy)
