"""The suite against servers that conform, seed after seed: whatever fails there is a false alarm.

`tox -e false-alarms -- --seeds 300`; exit status 1 when there was any. The servers are the reference server in both of
its forms, and those that were made by hand to do all that is left to them in another way (`wrong/wrong_contrary.py`).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import click

from conformance.cli import proving
from conformance.plugin.embedded import ReferenceServer
from conformance.plugin.interrupts import Interrupts
from wrong import test_wrong_verdicts as wrong
from wrong.wrong_base import Service
from wrong.wrong_http import serving

Run = Callable[[Path, tuple[str, ...]], tuple[int, dict[str, Any], str]]
LONGEST = 900  # seconds of one run, on a machine that does much else besides
Right = tuple[type[Service], bool, tuple[str, ...]]
LIKE_FIELD = {"join-answer/certificate-serial-positive": "serial numbers of the field are negative now and then"}


@dataclass(frozen=True)
class Server:
    """A server that conforms: how the suite runs against it, and what it leaves undone below MUST, which may fail."""

    name: str
    run: Run
    undone: Mapping[str, str]


@dataclass(frozen=True)
class Came:
    """One run: what failed, or came to no verdict, and must not have; with what was said of it."""

    server: str
    seed: int
    alarms: Mapping[str, str]
    requests: int


def reference(form: tuple[str, ...], out: Path, options: tuple[str, ...]) -> tuple[int, dict[str, Any], str]:
    with started(form) as server:
        return proving.run(server.ready, out, *options, seconds=LONGEST)


@contextmanager
def started(form: tuple[str, ...]) -> Iterator[ReferenceServer]:
    server = ReferenceServer(form)
    try:
        yield server
    finally:
        server.stop()


def by_hand(
    kind: type[Service], known: bool, asked: tuple[str, ...], out: Path, options: tuple[str, ...]
) -> tuple[int, dict[str, Any], str]:
    out.mkdir(parents=True)
    with serving(kind) as service:
        return wrong.run(service, out, *asked, *options, known=known, seconds=LONGEST)


SERVERS = (
    Server("strict", partial(reference, ()), {}),
    Server("like-field", partial(reference, ("--like", "field")), LIKE_FIELD),
    *(
        Server(kind.__name__.lower(), partial(by_hand, kind, known, asked), wrong.UNDONE[kind])
        for kind, known, asked in (cast("Right", one.values) for one in wrong.RIGHT)
    ),
)


def one_run(server: Server, seed: int, profile: str, folder: Path) -> Came:
    options = ("--profile", profile, "--seed", str(seed))
    try:
        _, results, output = server.run(folder / f"{server.name}-{seed}", options)
    except subprocess.TimeoutExpired:
        return Came(server.name, seed, {"(no results)": f"the suite did not end within {LONGEST} seconds"}, 0)
    except Exception as fault:  # noqa: BLE001 - of whatever kind, it is no clean run
        return Came(server.name, seed, {"(no results)": f"{type(fault).__name__}: {fault}"}, 0)
    wanted = {"fail", "error", "inconclusive"}
    alarms = {
        item["id"]: f"{item['verdict']}: {item['reason']}"
        for item in results["requirements"]
        if item["verdict"] in wanted and not (item["verdict"] == "fail" and item["id"] in server.undone)
    }
    if not alarms and results["verdict"] != "conformant":
        alarms = {"(verdict)": output.strip().splitlines()[-1]}
    return Came(server.name, seed, alarms, results["requests"])


def runs(servers: list[Server], seeds: range, profile: str, jobs: int) -> Iterator[Came]:
    """All runs, as they end; those of one seed together, so that an early end has compared all servers."""
    with tempfile.TemporaryDirectory(prefix="drs-alarms-") as folder, ThreadPoolExecutor(jobs) as pool:
        try:
            todo = [pool.submit(one_run, server, seed, profile, Path(folder)) for seed in seeds for server in servers]
            for future in as_completed(todo):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            proving.end_runs()
            raise


def summary(came: list[Came], profile: str) -> list[str]:
    """A line for each server, and the sum that the README states."""
    lines = []
    for name in dict.fromkeys(one.server for one in came):
        own = [one for one in came if one.server == name]
        requests = sum(one.requests for one in own)
        lines.append(
            f"{name:12} {len(own):5} runs {requests:9,} requests {sum(bool(one.alarms) for one in own):5} with alarms"
        )
    alarms = sum(len(one.alarms) for one in came)
    return [*lines, f"{alarms} false alarms in {len(came)} runs, profile {profile}"]


@click.command()
@click.option("--seeds", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@click.option("--first", type=click.IntRange(0), default=0, show_default=True, help="The first of them.")
@click.option("--profile", type=click.Choice(["quick", "standard", "deep"]), default="quick", show_default=True)
@click.option("--against", multiple=True, type=click.Choice([one.name for one in SERVERS]), help="Only this server.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Runs at a time.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write what came as JSON.")
def main(*, seeds: int, first: int, profile: str, against: tuple[str, ...], jobs: int, out: Path | None) -> None:
    """Count what the suite holds against servers that conform."""
    servers = [one for one in SERVERS if not against or one.name in against]
    came: list[Came] = []
    with Interrupts():
        try:
            for one in runs(servers, range(first, first + seeds), profile, jobs):
                came.append(one)
                for id_, said in one.alarms.items():
                    click.echo(f"{one.server}, seed {one.seed}: {id_}: {said}")
        except KeyboardInterrupt:
            click.echo("interrupted")
    if out is not None:
        told = [
            {"server": one.server, "seed": one.seed, "requests": one.requests, "alarms": one.alarms} for one in came
        ]
        out.write_text(json.dumps({"profile": profile, "runs": told}, indent=1) + "\n", encoding="utf-8")
    click.echo("\n".join(summary(came, profile)))
    sys.exit(any(one.alarms for one in came) or len(came) < seeds * len(servers))


if __name__ == "__main__":
    main()
