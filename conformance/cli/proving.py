"""One proof: the reference server with one defect, in a process of its own, and the suite against it.

The one rule: the server is a target like any other, given all the credentials that a user could have of it. Only its
first line, and the mint which that line names, say what such a user would bring.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from conformance.cli.proof_row import CONTROL, Row, Timed
from conformance.client import Credentials
from conformance.errors import ConformanceError
from conformance.paths import PACKAGE
from conformance.plugin.embedded import ReferenceServer, credentials_of, mortal, target_of
from conformance.results import STREAM, Outcome, TestRecord, load
from conformance.server.defects import Defect

_CONTROL_SENTENCE = "The reference server as it is: nothing may fail."
_RUN_SECONDS = {"quick": 300, "standard": 900, "deep": 7200}
_TIMEOUT = 10.0
_UNCLEAR = frozenset({"error", "inconclusive"})
_RUNNING: list[subprocess.Popen[str]] = []
_OVER = threading.Event()


def credentials(ready: dict[str, Any]) -> dict[str, str]:
    """All that a user of this server could give the suite, as variables of the environment, which no `ps` lists.

    The foreign token is of the server's other tenant. Raises `ConformanceError` when the mint gives nothing.
    """
    target = target_of(ready, _TIMEOUT)
    supplies: Credentials = credentials_of(ready, target)
    given = {
        "DRS_TARGET": ready["url"],
        "DRS_TENANT": ready["tenant"],
        "DRS_DOMAIN": ready["domain"],
        "DRS_TOKEN": ready["token"],
        "DRS_CHALLENGE_COMMAND": challenge_command(ready),
        "DRS_AUDIENCE_TOKEN": supplies.audience_token.next() if supplies.audience_token else "",
        "DRS_CLIENT_TOKEN": supplies.client_token.next() if supplies.client_token else "",
        "DRS_EXPIRED_TOKEN": supplies.expired_token.next() if supplies.expired_token else "",
        "DRS_FUTURE_TOKEN": supplies.future_token.next() if supplies.future_token else "",
        "DRS_EXPIRED_CHALLENGE": supplies.expired_challenge.next() if supplies.expired_challenge else "",
        "DRS_FOREIGN_CHALLENGE": supplies.foreign_challenge.next() if supplies.foreign_challenge else "",
        "DRS_EXPIRED_NONCE": supplies.expired_nonce.next() if supplies.expired_nonce else "",
        "DRS_FOREIGN_TOKEN": supplies.foreign_token.next() if supplies.foreign_token else "",
        "DRS_CA_FILE": ready["ca"],
        "DRS_TLS_CA_FILE": ready["ca"] if target.tls_ca else "",
    }
    return {name: value for name, value in given.items() if value}


def challenge_command(ready: dict[str, Any]) -> str:
    """What `--challenge-command` takes to have this server's challenges: a new Python that imports next to nothing."""
    mint = PACKAGE / "cli" / "minted.py"
    return shlex.join([sys.executable, "-IS", str(mint), ready["more"]["mint"]["challenge"], ready["ca"]])


def end_runs() -> None:
    """Ends every run of this process, whichever thread waits for it, and such as begin from now on."""
    _OVER.set()
    for process in tuple(_RUNNING):
        process.kill()


def run(ready: dict[str, Any], out: Path, *options: str, seconds: float = 900) -> tuple[int, dict[str, Any], str]:
    """The suite against a running server: exit status, `results.json`, what it printed. Raises `ConformanceError`."""
    out.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "conformance", "run", "--out", str(out.absolute()), *options]
    with (
        subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=out,  # where no configuration of the user's is found
            env=_environment() | credentials(ready),
            start_new_session=True,  # Ctrl-C ends the proof, and the proof ends its runs
        ) as process,
        mortal(process),
    ):
        _RUNNING.append(process)
        try:
            if _OVER.is_set():
                process.kill()
            said, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise ConformanceError(f"the suite did not end within {seconds:.0f} seconds") from None
        finally:
            process.kill()
            _RUNNING.remove(process)
    try:
        return process.returncode, json.loads((out / "results.json").read_text(encoding="utf-8")), said
    except (OSError, ValueError):
        last = said.strip().splitlines()[-1:] or ["nothing"]
        raise ConformanceError(
            f"the suite wrote no results (status {process.returncode}), it said: {last[0]}"
        ) from None


def _environment() -> dict[str, str]:
    """This process's environment without options of the user's, and with this package where it is imported from."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("DRS_")}
    own["PYTHONPATH"] = os.pathsep.join([str(PACKAGE.parent), *filter(None, [own.get("PYTHONPATH")])])
    return own


def prove(defect: Defect | None, out: Path, profile: str, select: tuple[str, ...] = (), *, tls: bool = False) -> Row:
    """The row of one defect, of the control without any; with `select` only those requirements, which is fast.

    `tls` has the server speak it, as it does in any case for a defect that shows only there.
    """
    name, sentence = (defect.name, defect.sentence) if defect else (CONTROL, _CONTROL_SENTENCE)
    expected = defect.breaks if defect else frozenset[str]()
    began = time.monotonic()

    def row(**found: Any) -> Row:
        seconds = round(time.monotonic() - began, 1)
        blinds = defect is not None and defect.blinds
        return Row(
            name, sentence, expected, blinds=blinds, fast=bool(select) and bool(defect), seconds=seconds, **found
        )

    options = ["--profile", profile, "--gate", "should"]
    options += [word for id_ in select for word in ("--select", id_)]
    try:
        with closing(_Serving(defect, tls=tls)) as serving:
            status, results, _ = run(serving.server.ready, out, *options, seconds=_RUN_SECONDS[profile])
        tests = timed(out / STREAM)
    except ConformanceError as error:
        return row(problem=str(error))
    verdicts = {item["id"]: item["verdict"] for item in results["requirements"]}
    failed = frozenset(id_ for id_, verdict in verdicts.items() if verdict == "fail")
    problem = None
    if status != (1 if failed else 0) and not (defect and defect.blinds):
        problem = f"exit status {status} with {len(failed)} failed requirements: {results['why']}"
    return row(
        seen=failed & expected if select and defect else failed,
        unclear=frozenset(id_ for id_, verdict in verdicts.items() if verdict in _UNCLEAR)
        - (defect.hides if defect else frozenset()),
        requests=int(results.get("requests") or 0),
        problem=problem,
        tests=tests,
    )


def timed(stream: Path) -> tuple[Timed, ...]:
    """The tests of a run, in the order they ended. Raises `ResultsError`."""
    return tuple(
        Timed(
            record.test,
            record.seconds,
            frozenset(one.id for one in record.requirements if one.outcome in {Outcome.PASS, Outcome.FAIL}),
            frozenset(one.id for one in record.requirements if one.outcome is Outcome.FAIL),
        )
        for record in load(stream)
        if isinstance(record, TestRecord)
    )


class _Serving:
    """The server of one proof; `close` ends it."""

    def __init__(self, defect: Defect | None, *, tls: bool) -> None:
        form = ("--tls",) if tls or (defect and defect.tls) else ()
        self.server = ReferenceServer((*form, "--defect", defect.name) if defect else form)

    def close(self) -> None:
        self.server.stop()
