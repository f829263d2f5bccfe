"""A run of the command against a server that is up already: `python -m bench.drive READY MORE … run …`.

The one rule: but for the server, which it is lent in place of one of its own, this is the command as anybody runs it.
READY is a file with the server's first line, since nobody is to read that in a list of processes. MORE is a JSON
object: `tape` is where all that is sent is to be recorded, `times` how many times as much each profile is to do, `peak`
where the peak of memory is to be written.
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from bench import tape
from conformance.cli import main as command
from conformance.kit.profile import PROFILES, Profile
from conformance.plugin import run as running


class Lent:
    """Stands in for the reference server of a run: it is there, and stays."""

    ready: ClassVar[dict[str, Any]] = {}

    def stop(self) -> None:
        """It is ended by who started it."""

    kill = stop


def main() -> None:
    """Runs the command; its exit status is that of the run."""
    Lent.ready, more = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), json.loads(sys.argv[2])
    sys.argv[1:3] = []
    PROFILES.update({name: grown(profile, more.get("times", 1)) for name, profile in PROFILES.items()})
    vars(running)["ReferenceServer"] = Lent
    with ExitStack() as stack:
        if "tape" in more:
            from bench.taping import taping  # noqa: PLC0415 - its imports are no part of what is measured

            events = stack.enter_context(taping())
            stack.callback(lambda: tape.save(Path(more["tape"]), events))
        if "peak" in more:
            stack.callback(lambda: Path(more["peak"]).write_text(str(peak_kib()), encoding="ascii"))
        command()


def grown(profile: Profile, times: int) -> Profile:
    """The profile with so many times the examples and edits."""
    edits = None if profile.edits is None else profile.edits * times
    return replace(profile, examples=profile.examples * times, edits=edits)


def peak_kib() -> int:
    """The most memory that this process ever held, in KiB. Not `ru_maxrss`, which knows the parent's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1])


if __name__ == "__main__":
    main()
