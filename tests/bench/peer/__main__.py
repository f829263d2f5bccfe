"""`python -m bench.peer`: what the suite and Schemathesis find of the same defects in the same time, one worker each.

The one rule: every run is kept as it ends, and what is kept is not run again; the report is made of what is there.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import click
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.machine import described
from bench.peer import tally
from bench.peer.cells import HERE, RUNGS, SUITE, TOOLS, Bench, measured
from bench.peer.classes import CLASSES, PER_CLASS, chosen
from bench.peer.judging import Cell
from bench.peer.share import LEAST
from conformance.errors import ConformanceError
from conformance.generate.keys import pool
from conformance.paths import REPORTS

_KEYS: Final = 4
_OVERHEAD: Final = 25  # seconds a cell takes beside its budget, at most, on a busy machine


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run; `deadline` is on the monotonic clock."""

    budgets: tuple[int, ...]
    seeds: tuple[int, ...]
    defects: dict[str, list[str]]
    tools: tuple[str, ...]
    deadline: float

    def cells(self) -> Iterator[Cell]:
        """Controls first; then seed by seed and from each class one defect at a time, so that it may end anywhere."""
        for budget in self.budgets:
            for seed in self.seeds:
                yield from (Cell(tool, None, budget, seed) for tool in self.tools)
            for seed in self.seeds:
                for place in range(max(map(len, self.defects.values()))):
                    for names in self.defects.values():
                        yield from (
                            Cell(tool, name, budget, seed) for name in names[place : place + 1] for tool in self.tools
                        )


@click.command()
@click.option("--budgets", default="20,60,300", show_default=True, help="Seconds for each run, by commas.")
@click.option("--seeds", type=click.IntRange(1), default=5, show_default=True, help="How many; they are 1, 2, ...")
@click.option(
    "--per-class", type=click.IntRange(1, PER_CLASS), default=PER_CLASS, show_default=True, help="How many defects."
)
@click.option("--class", "classes", multiple=True, type=click.Choice(CLASSES), help="Only these; may be repeated.")
@click.option("--rungs", default="1,2,3", show_default=True, help="Of Schemathesis, by commas; the suite always runs.")
@click.option(
    "--peer-python", default=sys.executable, help="An interpreter that has Schemathesis and this package's needs."
)
@click.option("--minutes", type=float, help="Begin no run that might not end in this time; go on another day.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=REPORTS / "bench", show_default=True)
def main(
    *,
    budgets: str,
    seeds: int,
    per_class: int,
    classes: tuple[str, ...],
    rungs: str,
    peer_python: str,
    minutes: float | None,
    out: Path,
) -> None:
    """Compare the suite with Schemathesis; the whole takes more than a hundred hours, so a part may be asked for."""
    tools = (*(f"rung-{number}" for number in rungs.split(",") if number), SUITE)
    if unknown := sorted(set(tools) - set(TOOLS)):
        raise click.UsageError(f"--rungs {rungs!r}: there is no {unknown[0]}; give some of 1,2,3")
    try:
        seconds = tuple(int(one) for one in budgets.split(","))
    except ValueError:
        raise click.UsageError(f"--budgets {budgets!r} are no whole seconds; give them as 20,60") from None
    defects = {name: names[:per_class] for name, names in chosen().items() if not classes or name in classes}
    deadline = time.monotonic() + 60 * minutes if minutes is not None else float("inf")
    plan = Plan(seconds, tuple(range(1, seeds + 1)), defects, tools, deadline)
    peer = _peer_version(peer_python) if len(tools) > 1 else ""
    kept = out / "peer"
    kept.mkdir(parents=True, exist_ok=True)
    _run(plan, peer_python, kept, peer)
    _report(out, kept, peer)


def _peer_version(python: str) -> str:
    asked = [python, "-c", "from importlib.metadata import version; print(version('schemathesis'))"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        raise click.UsageError(
            f"--peer-python {python!r} has no Schemathesis; `pip install schemathesis` gives it one"
        ) from None


def _run(plan: Plan, python: str, kept: Path, peer: str) -> None:
    with tempfile.TemporaryDirectory(prefix="drs-peer-") as name:
        folder = Path(name)
        bench = Bench(python, _key_file(folder), folder)
        for cell in plan.cells():
            path = kept / _name(cell, peer)
            if path.exists():
                continue
            if time.monotonic() + cell.budget + _OVERHEAD > plan.deadline:
                click.echo("the time is up; what is left is run the next time", err=True)
                return
            try:
                came = measured(cell, bench)
            except ConformanceError as error:
                click.echo(f"{path.stem}: {error}", err=True)
                continue
            if came.share < LEAST:
                click.echo(f"{path.stem}: not kept, it had {came.share:.0%} of a core; run again later", err=True)
                continue
            path.write_text(json.dumps(came.to_json(), indent=1) + "\n", encoding="utf-8")
            counts = f"{len(came.seen.alarms)} alarms, {came.seen.requests} requests"
            click.echo(f"{path.stem}: {counts}, {came.seconds} s, {came.share:.0%} of a core", err=True)


def _name(cell: Cell, peer: str) -> str:
    """The file of a cell; what changes the rung (its files, the version of Schemathesis) changes the name."""
    built = _fingerprint(cell.tool, peer) if cell.tool in RUNGS else version("drs-conformance")
    return f"{cell.tool}-{built}-{cell.budget}s-{cell.defect or 'clean'}-{cell.seed}.json"


def _fingerprint(tool: str, peer: str) -> str:
    digest = hashlib.sha256(peer.encode())
    for name in (*RUNGS[tool].files, "documents.py"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:8]


def _key_file(folder: Path) -> Path:
    """RSA keys of the fixtures in PEM, as a user of Schemathesis would have some at hand."""
    keys = [key.private_key for key in pool()[:_KEYS]]
    blocks = [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii") for key in keys]
    path = folder / "keys.pem"
    path.write_text("\n".join(blocks), encoding="ascii")
    return path


def _report(out: Path, kept: Path, peer: str) -> None:
    """peer.json, and the tables on the screen; of cells kept under another fingerprint nothing is told."""
    cells = [Cell.from_json(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(kept.glob("*.json"))
             if peer == "" or _current(path, peer)]  # fmt: skip
    if not cells:
        click.echo("nothing was run")
        return
    came: dict[str, Any] = {
        "part": "peer",
        "versions": {"schemathesis": peer, SUITE: version("drs-conformance")},
        "machine": described(),
        **tally.told(cells, chosen()),
    }
    (out / "peer.json").write_text(json.dumps(came, indent=1) + "\n", encoding="utf-8")
    click.echo(tally.markdown(cells, chosen()))
    click.echo(came["subset"] or "the whole comparison")
    for defect, alarms in came["only_schemathesis"].items():
        click.echo(f"only Schemathesis found {defect}: {'; '.join(alarms)}")
    for trouble in came["troubles"]:
        click.echo(f"trouble: {trouble}")


def _current(path: Path, peer: str) -> bool:
    tool = next(tool for tool in TOOLS if path.name.startswith(tool))
    return tool == SUITE or path.name.startswith(f"{tool}-{_fingerprint(tool, peer)}-")


if __name__ == "__main__":
    main(prog_name="bench.peer")
