"""The suite beside a bare replay of what it sent: what pytest, Hypothesis and our own code cost beyond the protocol.

A run is recorded once (`taping`). Then, by turns, the suite runs as anybody runs it, and the tape is played with httpx,
raw requests by socket (`play`): the same requests in the same order over as many connections, each against a server
that was just started. The replay's server knows the nonces of the tape as unspent (`serving.rewound`), so that joins
are accepted as they were, and what is expired or spent is refused as it was; the share of requests that came to the
same answer is a figure too, and has to be nearly all of them.

Counted for the suite is its whole process, from its start to its end: Python, imports, making keys into requests,
judging, recording, reports. Counted for the replay is its whole process too, but for reading the tape. Not counted in
either is the server's start, since both find it running; its CPU is a figure of its own, and shows that it did the same
work. What is on the tape was not made by the replay: signing certificate requests is the suite's cost alone.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import tape
from bench.figures import Figure, ratios
from bench.parts import How
from bench.serving import Server, fresh, rewound, serving
from bench.spent import FailedError, Spent, profiled, spend

GOAL, LIMIT = 1.2, 1.5
_SAME = 0.99
_SEED = "1"


@dataclass(frozen=True, slots=True)
class Turns:
    """What each of the two spent, repetition by repetition; which of the tape's requests came to something else."""

    profile: str
    requests: int
    suite: list[Spent] = field(default_factory=list)
    replay: list[Spent] = field(default_factory=list)
    same: list[float] = field(default_factory=list)
    others: set[str] = field(default_factory=set)


def measure(how: How) -> dict[str, Any]:
    """Quick four times and standard three times over; in short, quick twice."""
    todo = {"quick": 2} if how.short else {"quick": 4, "standard": 3}
    return measured([turns(how, profile, times) for profile, times in todo.items()])


def measured(every: list[Turns]) -> dict[str, Any]:
    """The figures of some profiles."""
    figures = [figure for one in every for figure in _figures(one)]
    details = {one.profile: {"requests": one.requests, "otherwise": sorted(one.others)} for one in every}
    return {"figures": [figure.to_json() for figure in figures], "profiles": details}


def turns(how: How, profile: str, times: int) -> Turns:
    """Records a profile and measures it. Raises `FailedError` when a run or a replay fails."""
    folder = how.folder
    state = folder / "state.sqlite"
    with serving(state) as server:
        port = server.port
    how.say(f"recording {profile}")
    recorded, began = folder / f"{profile}.tape", time.time()
    with serving(fresh(state, folder), port) as server:
        run(server, folder, profile, None, tape=str(recorded))
    left = server.state
    words = tape.came(tape.load(recorded))
    found = Turns(profile, len(words))
    for number in range(times):
        how.say(f"{profile}, {number + 1} of {times}")
        with serving(fresh(state, folder), port) as server:
            found.suite.append(run(server, folder, profile, how.profile))
        with serving(rewound(left, began, folder), port) as server:
            found.replay.append(replay(server, recorded, words, found))
    return found


def run(server: Server, folder: Path, profile: str, into: Path | None, **more: Any) -> Spent:
    """The suite against a server that is up. Raises `FailedError` unless it finds it conformant."""
    command = profiled(["-m", "bench.drive", str(server.first_line), json.dumps(more)], into)
    return spend([*command, "run", "--profile", profile, "--seed", _SEED, "--out", "out"], folder, server=server.pid)


def replay(server: Server, recorded: Path, words: list[str], found: Turns) -> Spent:
    """The tape played against a server that is up, without the time it took to read it."""
    folder = recorded.parent
    spent = spend(["-m", "bench.play", str(recorded), "came.json"], folder, server=server.pid)
    came = json.loads((folder / "came.json").read_text(encoding="utf-8"))
    differ = [f"{one} -> {other}" for one, other in zip(words, came["came"], strict=True) if not same(one, other)]
    found.others.update(differ)
    found.same.append(1 - len(differ) / len(words))
    if found.same[-1] < _SAME:
        raise FailedError(f"the replay came to something else for {len(differ)} of {len(words)} requests: {differ[:3]}")
    return Spent(spent.wall - came["reading"]["wall"], spent.cpu - came["reading"]["cpu"], spent.server)


def same(one: str, other: str) -> bool:
    """Whether two words are of one kind of answer: the same status, or none."""
    return one == other or not (one.isdigit() or other.isdigit())


def _figures(one: Turns) -> list[Figure]:
    name = one.profile

    def figure(what: str, says: str, samples: list[float] | tuple[float, ...], unit: str = "", **more: Any) -> Figure:
        return Figure(f"replay/{name}/{what}", f"`{name}`: {says}", unit, tuple(samples), **more)

    suite, bare = one.suite, one.replay
    return [
        figure("wall", f"wall time over that of a bare replay of its {one.requests:,} requests",
               ratios([it.wall for it in suite], [it.wall for it in bare]), goal=GOAL, limit=LIMIT),
        figure("cpu", "the suite's own CPU over the replay's",
               ratios([it.cpu for it in suite], [it.cpu for it in bare])),
        figure("server", "the server's CPU with the suite over that with the replay",
               ratios([it.server for it in suite], [it.server for it in bare])),
        figure("suite", "the suite, against a server that is up", [it.wall for it in suite], "s"),
        figure("bare", "the bare replay", [it.wall for it in bare], "s"),
        figure("suite-cpu", "CPU of the suite", [it.cpu for it in suite], "s"),
        figure("bare-cpu", "CPU of the replay", [it.cpu for it in bare], "s"),
        figure("server-cpu", "CPU of the server", [it.server for it in suite], "s"),
        figure("same", "share of the replay's requests that came to the same answer", one.same, more_is_better=True),
    ]  # fmt: skip
