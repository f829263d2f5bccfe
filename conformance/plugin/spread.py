"""What the workers of pytest-xdist need to know of the run that they are part of, on this machine or another.

Rule 1: a worker has its options from the run and from nowhere else: another machine has another environment, and no
file that an option names. Its secrets go through the channel of xdist.
Rule 2: a device is in the ledger of the run, wherever the worker was that made it. One on another machine writes a
ledger of its own first, as any run does, and sends the lines along with the test they belong to.
"""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from conformance.client import Credentials, Target
from conformance.errors import UsageError
from conformance.plugin import PREFIX, again
from conformance.plugin.config import File
from conformance.plugin.embedded import credentials_of, target_of
from conformance.plugin.journal import LEDGER, Journal
from conformance.plugin.network import sharing
from conformance.plugin.options import BY_NAME, Raw
from conformance.plugin.order import named
from conformance.plugin.run import Run
from conformance.plugin.settings import Settings, read_target

_FILES = ("ca-file", "tls-ca-file", "client-cert", "client-key")
_CONTROLLERS = {"baseline": None, "strict-baseline": None, "allure": None, "resume": None, "failed-from": None}
_FOLDER = "drs-workers"  # where workers on other machines have their ledgers


@dataclass(frozen=True, slots=True)
class Part:
    """What a worker has of a run. `journal` is where it writes its devices down."""

    settings: Settings
    target: Target
    credentials: Credentials
    journal: Journal
    left: float | None


def specs(config: pytest.Config) -> list[str]:
    """The execution environments that pytest-xdist was told of (`--tx`, `-n`)."""
    return list(getattr(config.option, "tx", None) or ())


def refuse_far(config: pytest.Config, raw: Raw) -> None:
    """Raises `UsageError` where another machine would have to reach the reference server of this one."""
    far = [spec for spec in specs(config) if "popen" not in spec.split("*")[-1].split("//") or "via=" in spec]
    if far and raw.text("target") is None:
        raise UsageError(
            f"--tx {far[0]} is another machine, which does not reach the reference server of this one; "
            "name a target with --target"
        )


def keep_to_ourselves(config: pytest.Config) -> None:
    """Takes our options from the words that xdist hands on: it takes a value that is a path here for one to copy."""
    words, left = list(config.invocation_params.args), []
    while words:
        word = words.pop(0)
        if not word.startswith(PREFIX):
            left.append(word)
        elif "=" not in word and BY_NAME[word.removeprefix(PREFIX)].metavar is not None:
            words.pop(0)
    config.invocation_params = replace(config.invocation_params, args=tuple(left))


def version() -> str:
    """This version of the suite; machines that run it together have to have the same."""
    try:
        return metadata.version("drs-conformance")
    except metadata.PackageNotFoundError:
        return "not installed"


def worker_input(run: Run, raw: Raw, node: Any) -> dict[str, Any]:
    """What a worker needs, as builtins: the options, the target that was found, and what lies in files here."""
    spec = node.gateway.spec
    near = bool(spec.popen) and not spec.via
    budget = run.budget()
    values = {**raw.values, **again.values(run.settings), **_CONTROLLERS}
    values["out"] = str(run.settings.out.absolute()) if near else None
    if near and (place := run.settings.examples) is not None and not place.is_redis:
        values["example-database"] = str(Path(place.text).absolute())
    absolute = {name: str(Path(values[name]).absolute()) for name in _FILES if values[name]}
    return {
        "version": version(),
        "ready": run.server.ready if run.server else None,
        "values": {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        | (absolute if near else {}),
        "origins": dict(raw.origins),
        "file": {"path": str(raw.file.path), "values": dict(raw.file.values)} if raw.file else None,
        "files": {} if near else {name: _octets(path) for name, path in absolute.items()},
        "done": sorted(run.settings.done),
        "left": budget.left if budget else None,
    }


def _octets(path: str) -> str:
    return base64.b64encode(Path(path).read_bytes()).decode()


def part(config: pytest.Config, worker: Mapping[str, Any]) -> Part:
    """What this worker was given. Raises `UsageError` where it has another version of the suite."""
    given: dict[str, Any] = worker["drs"]
    if given["version"] != version():
        raise UsageError(
            f"this machine has drs-conformance {version()}, and the run is one of {given['version']}; install the same"
        )
    values = dict(given["values"]) | _unpacked(config, given["files"])
    far = values["out"] is None
    if far:
        values["out"] = _FOLDER
    file = File(Path(given["file"]["path"]), given["file"]["values"]) if given["file"] else None
    raw = Raw(values, given["origins"], file)
    settings = replace(Settings.read(raw), done=frozenset(given["done"]))
    if given["ready"] is None:
        target, credentials = read_target(raw, settings.timeout)
    else:
        target = target_of(given["ready"], settings.timeout)
        credentials = credentials_of(given["ready"], target)
    target = sharing(target, worker["workercount"])
    return Part(settings, target, credentials, _journal(settings, target, worker, far=far), given["left"])


def _journal(settings: Settings, target: Target, worker: Mapping[str, Any], *, far: bool) -> Journal:
    by = f"{worker['workerid']}-{os.getpid()}"
    if not far:
        return Journal(settings.out / LEDGER, synced=not target.loopback, by=by)
    try:
        settings.out.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"{str(settings.out.absolute())!r} cannot be written to ({error.strerror})") from None
    own = settings.out / f"{worker['testrunuid']}-{worker['workerid']}-{LEDGER}"
    return Journal(own, synced=not target.loopback, by=by, unsent=[])


def _unpacked(config: pytest.Config, files: Mapping[str, str]) -> dict[str, str]:
    """The files of the options, for as long as the session is; only this user can read them."""
    if not files:
        return {}
    folder = tempfile.TemporaryDirectory(prefix="drs-worker-")
    config.add_cleanup(folder.cleanup)
    paths = {}
    for name, octets in files.items():
        path = Path(folder.name) / f"{name}.pem"
        path.write_bytes(base64.b64decode(octets))
        paths[name] = str(path)
    return paths


def same_everywhere(items: list[pytest.Item]) -> None:
    """Gives tests the ids they have in a run of the command: the workers of several machines have to agree on them."""
    for item in items:
        if hasattr(item.config, "workerinput"):
            item._nodeid = f"suites/{named(item.nodeid)}"  # type: ignore[attr-defined]  # noqa: SLF001 - no other door
