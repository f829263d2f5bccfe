"""One proof: the reference server with one defect, in a process of its own, and the suite against it.

The one rule: the server is a target like any other, given all the credentials that a user could have of it. Only its
first line, and the mint which that line names, say what such a user would bring.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.client import Credentials
from conformance.errors import ConformanceError
from conformance.plugin.embedded import ReferenceServer, credentials_of, target_of
from conformance.server.defects import Defect

CONTROL = "no defect"
_CONTROL_SENTENCE = "The reference server as it is: nothing may fail."
_RUN_SECONDS = 300
_TIMEOUT = 10.0
_ASK = (
    "import json,sys,urllib.request as u;"
    "r=u.Request(sys.argv[1],sys.argv[2].encode(),{'Content-Type':'application/json'});"
    "print(json.load(u.urlopen(r))[sys.argv[3]])"
)
_UNCLEAR = frozenset({"error", "inconclusive"})


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the matrix. `problem` is why the suite came to no verdict, and then nothing else counts."""

    name: str
    sentence: str
    expected: frozenset[str]
    seen: frozenset[str] = frozenset()
    unclear: frozenset[str] = frozenset()
    blinds: bool = False
    fast: bool = False
    seconds: float = 0.0
    requests: int = 0
    problem: str | None = None

    @property
    def missed(self) -> frozenset[str]:
        """What the defect breaks and the suite did not see."""
        return self.expected - self.seen

    @property
    def noise(self) -> frozenset[str]:
        """What failed and is not broken; unknown, and so empty, in a fast run."""
        return frozenset() if self.fast else self.seen - self.expected

    @property
    def confused(self) -> frozenset[str]:
        """What could not be judged, where the defect does not say that it blinds the suite."""
        return frozenset() if self.blinds or self.fast else self.unclear

    @property
    def exact(self) -> bool:
        """Whether seen is expected, and nothing else."""
        return not (self.problem or self.missed or self.noise or self.confused)

    def to_json(self) -> dict[str, Any]:
        """The row in `proof.json`."""
        return {
            "defect": self.name,
            "sentence": self.sentence,
            "exact": self.exact,
            "expected": sorted(self.expected),
            "seen": sorted(self.seen),
            "missed": sorted(self.missed),
            "noise": sorted(self.noise),
            "unclear": sorted(self.unclear),
            "fast": self.fast,
            "seconds": self.seconds,
            "requests": self.requests,
            "problem": self.problem,
        }


def credentials(ready: dict[str, Any]) -> list[str]:
    """All the options that a user of this server could give the suite; the foreign token is of its other tenant."""
    target = target_of(ready, _TIMEOUT)
    supplies: Credentials = credentials_of(ready, target)
    mint = ready["more"]["mint"]
    words = {
        "--target": ready["url"],
        "--tenant": ready["tenant"],
        "--domain": ready["domain"],
        "--token": ready["token"],
        "--challenge-command": shlex.join([sys.executable, "-c", _ASK, mint["challenge"], "{}", "challenge"]),
        "--audience-token": supplies.audience_token.next() if supplies.audience_token else "",
        "--expired-token": supplies.expired_token.next() if supplies.expired_token else "",
        "--foreign-token": supplies.foreign_token.next() if supplies.foreign_token else "",
        "--ca-file": ready["ca"],
    }
    return [word for pair in words.items() if pair[1] for word in pair]


def run(ready: dict[str, Any], out: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """The suite against a running server: exit status, `results.json`, what it printed. Raises `ConformanceError`."""
    command = [sys.executable, "-m", "conformance", "run", *credentials(ready), "--out", str(out), *options]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command, capture_output=True, text=True, timeout=_RUN_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise ConformanceError(f"the suite did not end within {_RUN_SECONDS} seconds") from None
    said = done.stdout + done.stderr
    try:
        return done.returncode, json.loads((out / "results.json").read_text(encoding="utf-8")), said
    except (OSError, ValueError):
        last = said.strip().splitlines()[-1:] or ["nothing"]
        raise ConformanceError(f"the suite wrote no results (status {done.returncode}), it said: {last[0]}") from None


def prove(defect: Defect | None, out: Path, profile: str, select: tuple[str, ...] = ()) -> Row:
    """The row of one defect, of the control without any; with `select` only those requirements, which is fast."""
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
        with closing(_Serving(defect)) as serving:
            status, results, _ = run(serving.server.ready, out, *options)
    except ConformanceError as error:
        return row(problem=str(error))
    verdicts = {item["id"]: item["verdict"] for item in results["requirements"]}
    failed = frozenset(id_ for id_, verdict in verdicts.items() if verdict == "fail")
    problem = None
    if status != (1 if failed else 0) and not (defect and defect.blinds):
        problem = f"exit status {status} with {len(failed)} failed requirements: {results['verdict']}"
    return row(
        seen=failed & expected if select and defect else failed,
        unclear=frozenset(id_ for id_, verdict in verdicts.items() if verdict in _UNCLEAR),
        requests=int(results.get("requests") or 0),
        problem=problem,
    )


class _Serving:
    """The server of one proof; `close` ends it."""

    def __init__(self, defect: Defect | None) -> None:
        self.server = ReferenceServer(("--defect", defect.name) if defect else ())

    def close(self) -> None:
        self.server.stop()
