"""A load from its options to its verdict: the process that sums up, with or without others that send the requests.

The one rule: a load ends as a run does. Stream, reports and verdict are written on every way out, and the status is the
verdict's.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import gevent
from locust import events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from conformance.errors import UsageError
from conformance.load import user
from conformance.load.conductor import CORE, LAST_WORDS, Conductor, Shape
from conformance.load.process import PROFILE
from conformance.load.workers import LOOPBACK, variables, watched, worker
from conformance.plugin.embedded import SIGNALS
from conformance.plugin.journal import LEDGER
from conformance.plugin.options import Raw
from conformance.plugin.run import Run, prepare
from conformance.plugin.settings import Settings, read_target
from conformance.results import Results

_START_SECONDS: Final = 60.0


def prepared(raw: Raw) -> Run:
    """The run that a load is to the reports; begun, and perhaps stopped already. Raises `UsageError`."""
    values: dict[str, Any] = {**raw.values, "select": [], "budget": None, "resume": None, "failed-from": None}
    if "out" in raw.defaulted:
        values["out"] = f"{values['out']}/load"
    run = prepare(replace(raw, values=values))
    run.settings = replace(run.settings, profile=PROFILE, select=CORE)
    run.begin()
    return run


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load came to, and where its page lies.

    `saturated`: a process that sent had hardly any time to spare, so that the times are not the target's alone.
    """

    results: Results
    report: Path
    saturated: bool


def conduct(raw: Raw, shape: Shape, told: Callable[[Conductor], None]) -> Loaded:
    """A whole load. `told` is called each second. Raises `UsageError`."""
    run = prepared(raw)
    with ExitStack() as open_ones:
        environment = Environment(
            user_classes=[user.DeviceUser], events=events, stop_timeout=run.settings.timeout + LAST_WORDS
        )
        conductor = None
        try:
            if not run.stopped:
                conductor = _gathered(environment, run, raw, shape, open_ones)
                _play(conductor, shape, told)
        except KeyboardInterrupt:
            run.interrupted = True
        finally:
            results = conductor.conclude() if conductor else run.finish()
            if environment.runner is not None:
                environment.runner.quit()
    runner = environment.runner
    busy = isinstance(runner, MasterRunner) and runner.worker_cpu_warning_emitted
    saturated = runner is not None and (busy or runner.cpu_warning_emitted)
    return Loaded(results, run.settings.out / "index.html", saturated)


def join(environment: Environment, raw: Raw) -> None:
    """A process that Locust's own command began, in the part it was given there. Raises `ConformanceError`."""
    if raw.text("target") is None:
        raise UsageError("DRS_TARGET is not set; with Locust's own command the variables say what is tested")
    if isinstance(environment.runner, WorkerRunner):
        settings = Settings.read(raw)
        target, credentials = read_target(raw, settings.timeout)
        user.take_part(environment, target, credentials, settings.out / LEDGER, settings.max_devices)
        return
    run = prepared(raw)
    runner = environment.runner
    assert runner is not None
    environment.stop_timeout = max(environment.stop_timeout, run.settings.timeout + LAST_WORDS)
    conductor = Conductor(environment, run)
    if not isinstance(runner, MasterRunner):
        ledger = run.settings.out / LEDGER
        user.take_part(environment, run.target, run.credentials, ledger, run.settings.max_devices)

    def started(**_: Any) -> None:
        workers = runner.worker_count if isinstance(runner, MasterRunner) else 1
        conductor.begin(Shape(runner.target_user_count, 0.0, workers))

    def ended() -> None:
        conductor.ended.wait()
        runner.quit()

    def quitting(**_: Any) -> None:
        environment.process_exit_code = conductor.conclude().exit_status

    hooks: Any = environment.events  # which have no types
    hooks.test_start.add_listener(started)
    hooks.quitting.add_listener(quitting)
    gevent.spawn(ended)
    if run.stopped:
        conductor.ended.set()


def _gathered(environment: Environment, run: Run, raw: Raw, shape: Shape, open_ones: ExitStack) -> Conductor:
    """Everybody who takes part, ready."""
    if shape.workers == 1:
        environment.create_local_runner()
        conductor = Conductor(environment, run)
        ledger = run.settings.out / LEDGER
        user.take_part(environment, run.target, run.credentials, ledger, run.settings.max_devices)
        return conductor
    master = environment.create_master_runner(LOOPBACK, 0)
    conductor = Conductor(environment, run)
    given, port = variables(run, raw), master.server.port
    workers = [open_ones.enter_context(worker(given, port, shape.workers)) for _ in range(shape.workers)]
    ends = time.monotonic() + _START_SECONDS
    while master.worker_count < shape.workers:
        gevent.sleep(0.05)
        if any(worker.poll() is not None for worker in workers) or time.monotonic() > ends:
            run.stop("our own fault: a worker of the load did not start")
            conductor.ended.set()
            break
    open_ones.enter_context(watched(workers, conductor.stop))
    return conductor


def _play(conductor: Conductor, shape: Shape, told: Callable[[Conductor], None]) -> None:
    """The load itself, until its time is up, it cannot go on, or somebody interrupts it."""
    runner = conductor.environment.runner
    assert runner is not None

    def interrupt() -> None:
        conductor.run.interrupted = True
        conductor.ended.set()

    handlers = [gevent.signal_handler(number, interrupt) for number in SIGNALS]
    try:
        if conductor.ended.is_set():
            return
        conductor.begin(shape)
        runner.start(shape.users, spawn_rate=max(shape.users, 1))
        ends = time.monotonic() + shape.seconds
        while (left := ends - time.monotonic()) > 0 and not conductor.ended.wait(min(1.0, left)):
            told(conductor)
        runner.stop()
    finally:
        for handler in handlers:
            handler.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)
