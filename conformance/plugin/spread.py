"""What the workers of pytest-xdist need to know of the run that they are part of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.client import Credentials, Target
from conformance.plugin import again
from conformance.plugin.embedded import credentials_of, target_of
from conformance.plugin.options import Raw
from conformance.plugin.run import Run
from conformance.plugin.settings import Settings, read_target


def worker_input(run: Run) -> dict[str, Any]:
    """What a worker of pytest-xdist needs to speak to the same target; options it reads for itself."""
    ready = run.server.ready if run.server else None
    budget = run.budget()
    return {
        "ready": ready,
        "values": again.values(run.settings),
        "done": sorted(run.settings.done),
        "left": budget.left if budget else None,
    }


def worker_session(raw: Raw, given_by_controller: dict[str, Any]) -> tuple[Settings, Target, Credentials]:
    """A worker's settings, and the target its controller has."""
    settings = replace(
        Settings.read(again.with_values(raw, given_by_controller["values"])),
        done=frozenset(given_by_controller["done"]),
    )
    ready = given_by_controller["ready"]
    if ready is None:
        target, credentials = read_target(raw, settings.timeout)
    else:
        target = target_of(ready, settings.timeout)
        credentials = credentials_of(ready, target)
    return settings, target, credentials
