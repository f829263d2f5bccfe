"""For Locust's own command: `locust -f FILE`, with its page, its options, and workers on other machines.

What is tested and with what, the variables say (`DRS_TARGET`, `DRS_TOKEN`, `DRS_OUT`, …), on each machine; the process
without `--worker` writes the report and ends with its status.
"""

from __future__ import annotations

import sys
from typing import Any

from locust import events
from locust.env import Environment

from conformance.errors import ConformanceError
from conformance.load.conduct import join
from conformance.load.user import DeviceUser
from conformance.plugin.options import Raw

__all__ = ["DeviceUser"]


def begin(environment: Environment, **_: Any) -> None:
    """Takes part as Locust was told to: as a worker, as the master of workers, or all alone."""
    try:
        join(environment, Raw.collect(lambda _: None))
    except ConformanceError as error:  # or Locust would print a traceback and go on
        sys.stderr.write(f"drs-conformance: {error}\n")
        sys.exit(error.exit_status)


_hook: Any = events.init  # which has no type
_hook.add_listener(begin)
