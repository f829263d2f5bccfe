"""What Locust knows of a load: its users, its statistics, and its messages between processes.

The one rule: nothing that Locust writes, prints or shows has anything in it that a target sent or a user keeps secret:
it is told operations, milliseconds, octets, and the ids of requirements.

Importing this module lets gevent patch the process, since Locust does.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import gevent
from locust import User, constant, task
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import WorkerRunner

from conformance.client import Credentials, Target
from conformance.errors import ConformanceError
from conformance.kit import Unproven
from conformance.load.device import Device
from conformance.load.ledger import Disk, UserJournal
from conformance.load.process import Process, Telling

TOLD, SHOW, SHOWN, STOP = "drs-told", "drs-show", "drs-shown", "drs-stop"  # messages between processes
_EVERY = 0.5  # seconds from one telling to the next
_PAUSE = 0.2  # seconds until a user to whom nothing was offered comes again


class DeviceUser(User):
    """One of many who join devices; the process they belong to is set before the first of them comes."""

    wait_time = constant(0)
    process: ClassVar[Process]
    _numbers: ClassVar[list[int]] = []

    def on_start(self) -> None:
        """A number of its own in this process, and a connection."""
        self._numbers.append(len(self._numbers))
        self._device = Device(self.process, self._numbers[-1])

    def on_stop(self) -> None:
        """After the last device."""
        self._device.close()

    @task
    def live(self) -> None:
        """A device, from discovery to removal."""
        try:
            self._device.live()
        except Unproven:
            gevent.sleep(_PAUSE)
        except ConformanceError as error:
            self.process.telling.stop(str(error))
            raise StopUser from None
        except Exception as error:
            self.process.telling.stop(f"our own fault: {type(error).__name__} in a user of the load")
            raise


def take_part(
    environment: Environment, target: Target, credentials: Credentials, ledger: Path, max_devices: int | None
) -> Callable[[], None]:
    """Makes this process one of a load, whichever way Locust runs it; what tells all that is yet to be told."""
    runner = environment.runner
    assert runner is not None
    hooks: Any = environment.events  # which have no types
    disk = Disk(ledger, synced=not target.loopback)
    telling = Telling(
        _reporter(environment),
        lambda why: runner.send_message(STOP, {"why": why}),
        lambda user: UserJournal(ledger, disk.synced, by=f"{os.getpid()}-{user}", disk=disk),
    )
    process = DeviceUser.process = Process(target, credentials, telling, max_devices)

    def tell(**_: Any) -> None:
        runner.send_message(TOLD, process.tally.told())

    def begin(**_: Any) -> None:
        number = runner.worker_index if isinstance(runner, WorkerRunner) else 0
        options = environment.parsed_options
        process.begin(number, max(getattr(options, "expect_workers", 1) or 1, number + 1))
        runner.greenlet.spawn(_again_and_again, tell)

    def end(**_: Any) -> None:
        tell()
        if isinstance(runner, WorkerRunner):  # Locust's times of the last seconds would come when the verdict is there
            times: dict[str, Any] = {}
            hooks.report_to_master.fire(client_id=runner.client_id, data=times)
            runner.send_message("stats", times)

    def show(msg: Any, **_: Any) -> None:
        runner.send_message(SHOWN, process.show(**msg.data))

    runner.register_message(SHOW, show)
    hooks.test_start.add_listener(begin)
    hooks.test_stop.add_listener(end)
    return tell


def _again_and_again(tell: Callable[[], None]) -> None:
    while True:
        gevent.sleep(_EVERY)
        tell()


def _reporter(environment: Environment) -> Callable[[str, str, int, int, str], None]:
    hook: Any = environment.events.request

    def report(operation: str, method: str, milliseconds: int, octets: int, wrong: str) -> None:
        hook.fire(
            request_type=method,
            name=operation,
            response_time=milliseconds,
            response_length=octets,
            exception=WrongAnswerError(wrong) if wrong else None,
            context={},
        )

    return report


class WrongAnswerError(Exception):
    """An answer that breaks these requirements; Locust counts it as a failure under this text."""
