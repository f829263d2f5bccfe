"""`drs-conformance prove`: the suite against servers that are wrong on purpose, each seen for what it is."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.errors import UsageError
from conformance.paths import REPORTS

if TYPE_CHECKING:
    from conformance.cli.proof import Proof
    from conformance.cli.proof_row import Row
    from conformance.server.defects import Defect

_FILES = ("proof.json", "proof.html")


@click.command()
@click.option("--defect", "names", multiple=True, metavar="NAME", help="Prove this one only; may be repeated.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="Runs at a time.")
@click.option(
    "--profile",
    type=click.Choice(["quick", "standard", "deep"]),
    default="standard",
    show_default=True,
    help="How much each run does; quick sends only a few edits of each kind, and misses what none of them shows.",
)
@click.option("--fast", is_flag=True, help="Run only the tests that bear on a defect; noise is not looked for.")
@click.option("--coverage", is_flag=True, help="Only tell which requirements have no defect, and why.")
@click.option(
    "--order",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the order of tests that catches most defects in the least time, for --budget of `run`.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=REPORTS,
    show_default=True,
    help="The folder for proof.json and proof.html.",
)
def prove(
    *, names: tuple[str, ...], jobs: int, profile: str, fast: bool, coverage: bool, order: Path | None, out: Path
) -> None:
    """Show that the suite sees each defect of the reference server.

    Runs it against the server with one defect at a time; what that breaks has to fail, and nothing besides.

    Exit status: 0 when for each defect exactly the requirements it breaks fail, 1 when not, 2 for a name that is not
    known, 3 when a run could not be done.
    """
    from conformance.cli import proof_text  # noqa: PLC0415 - --help need not wait for the suite's imports
    from conformance.cli.proof import coverage as uncovered  # noqa: PLC0415
    from conformance.server.defects import defects, find  # noqa: PLC0415

    chosen = tuple(dict.fromkeys(find(name) for name in names)) if names else defects()
    if coverage:
        click.echo("\n".join(proof_text.coverage_lines(uncovered(defects()))))
        return
    if order is not None and names:
        raise UsageError("--order needs all defects; leave --defect out")
    _make_room(out)
    done = _proof(chosen, jobs, profile, fast=fast, whole=not names)
    _write(done, out, order)
    click.echo("\n".join(proof_text.matrix(done)))
    click.echo(f"the same as a page: {out / 'proof.html'}")
    sys.exit(done.exit_status)


def _make_room(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            (out / name).unlink(missing_ok=True)
            (out / name).touch()
    except OSError as error:
        raise UsageError(
            f"--out {str(out)!r} cannot be written to ({error.strerror}); name another directory"
        ) from None


def _proof(chosen: Sequence[Defect], jobs: int, profile: str, *, fast: bool, whole: bool) -> Proof:
    """Makes the rows; those there are when it is interrupted."""
    from conformance.cli.power import measure  # noqa: PLC0415 - as above
    from conformance.cli.proof import Proof, coverage  # noqa: PLC0415
    from conformance.cli.proof_progress import watcher  # noqa: PLC0415
    from conformance.plugin.interrupts import Interrupts  # noqa: PLC0415
    from conformance.server.defects import defects  # noqa: PLC0415

    began = time.monotonic()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="drs-prove-") as folder, Interrupts():
        try:
            with watcher(len(chosen) + 1) as watching:
                made = _rows(chosen, Path(folder), jobs, profile, fast=fast, whole=whole)
                with closing(made):
                    for row in made:
                        rows.append(row)
                        watching.ended(row)
        except KeyboardInterrupt:
            pass  # the proof says itself that rows are lacking
    places = {name: place for place, name in enumerate(one.name for one in chosen)}
    rows.sort(key=lambda row: places.get(row.name, -1))
    return Proof(
        tuple(rows),
        profile,
        fast,
        coverage(defects()),
        len(chosen) + 1,
        round(time.monotonic() - began, 1),
        measure(rows) if whole and len(rows) > len(chosen) else None,
    )


def _rows(
    chosen: Sequence[Defect], folder: Path, jobs: int, profile: str, *, fast: bool, whole: bool
) -> Generator[Row]:
    """The control's row and one per defect, as they end.

    The control of a whole proof runs the whole suite, fast or not: it says how long each test takes. Of named defects
    it has to judge what they break, over TLS if need be.
    """
    from conformance.cli import proving  # noqa: PLC0415 - as above

    tls = not whole and any(one.tls for one in chosen)
    union = tuple(sorted({id_ for one in chosen for id_ in one.breaks})) if fast and not whole else ()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            waiting = [pool.submit(proving.prove, None, folder / "control", profile, union, tls=tls)]
            for one in chosen:
                select = tuple(sorted(one.breaks)) if fast else ()
                waiting.append(pool.submit(proving.prove, one, folder / one.name, profile, select))
            for future in as_completed(waiting):
                yield future.result()
        except BaseException as reason:
            if not isinstance(reason, Exception):
                click.echo("interrupted; a second time ends it at once", err=True)
            pool.shutdown(wait=False, cancel_futures=True)
            proving.end_runs()
            raise


def _write(done: Proof, out: Path, order: Path | None) -> None:
    """proof.json, proof.html, and the order where it is asked for and known."""
    from conformance.cli.proof_page import page  # noqa: PLC0415 - as above
    from conformance.plugin.order import written  # noqa: PLC0415

    (out / "proof.json").write_text(json.dumps(done.to_json(), indent=2) + "\n", encoding="utf-8")
    (out / "proof.html").write_text(page(done), encoding="utf-8")
    if order is None:
        return
    if done.power is None:
        click.echo(f"--order {str(order)!r} is not written: the proof did not come to its end", err=True)
        return
    steps = {step.test: step.seconds for step in done.power.steps}
    try:
        order.write_text(written(steps), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--order {str(order)!r} cannot be written ({error.strerror}); name another file") from None
