"""One round of a campaign: a run in a process of its own, whose stream is read while it is written."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from conformance.cli.fuzz_found import read
from conformance.paths import python
from conformance.plugin import rounds
from conformance.plugin.embedded import mortal
from conformance.plugin.journal import LEDGER
from conformance.plugin.options import BY_NAME, Raw
from conformance.results import STREAM

_OWN = {
    "seed",
    "out",
    "dry-run",
    "resume",
    "failed-from",
    "budget",
    "allure",
    "max-devices",
    "rate",
    "example-database",
}
_SECRET = {"token-command", "challenge-command", "proxy", "header"}  # with those that are marked: not for `ps` to show
_PATIENCE = 60.0  # seconds that a round has to write its results and to remove its devices


class Round:
    """A child process that runs the suite; `seed` and `kind` are its own."""

    def __init__(self, folder: Path, raw: Raw, seed: int, kind: str, own: dict[str, str | None]) -> None:
        self.folder, self.seed, self.kind = folder, seed, kind
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self.place = 0  # in the stream, up to which it was read
        self.ended = False
        words, variables = _given(raw, own)
        command = [*python(), "-m", "conformance", "run", "--out", str(folder), "--seed", str(seed), *words]
        kept = {name: text for name, text in os.environ.items() if not name.startswith("DRS_")}
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            env=kept | variables | rounds.told(kind),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            text=True,
            start_new_session=True,  # Ctrl-C ends the campaign, and the campaign its rounds
        )
        self._mortal = mortal(self.process)
        self._mortal.__enter__()

    def records(self) -> Iterator[dict[str, Any]]:
        """What the round has recorded since this was last asked for."""
        records, self.place = since(self.folder, self.place)
        yield from records

    def over(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def interrupt(self) -> None:
        """Asks the round to come to its end, with what it has."""
        if not self.over():
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGINT)

    def close(self) -> None:
        """Waits for the end of the process, and ends it where it takes too long."""
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._mortal.__exit__(None, None, None)

    def said(self) -> str:
        """The last line on its standard error, without our name before it."""
        self._errors.seek(0)
        lines = bytes(self._errors.read()).decode(errors="replace").strip().splitlines()
        return lines[-1].removeprefix("drs-conformance: ") if lines else ""


def since(folder: Path, place: int) -> tuple[list[dict[str, Any]], int]:
    """The whole lines of a round's stream from a place on, and where they end."""
    try:
        with (folder / STREAM).open("rb") as file:
            file.seek(place)
            octets = file.read()
    except OSError:
        return [], place
    whole = octets[: octets.rfind(b"\n") + 1]
    return [value for line in whole.splitlines() if (value := read(line)) is not None], place + len(whole)


def remove(folder: Path, ledger: Path, *, kept: bool) -> None:
    """Removes the folder of a round; what its ledger goes behind the campaign's where devices are left."""
    own = folder / LEDGER
    if kept and own.exists():
        with ledger.open("ab") as file:
            file.write(own.read_bytes())
            file.flush()
            os.fsync(file.fileno())
    shutil.rmtree(folder, ignore_errors=True)


def wait_for(pid: int) -> None:
    """A round whose campaign was killed ends by itself, with the test it is in."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and runs(pid):
        time.sleep(0.2)


def runs(pid: int) -> bool:
    """Whether this process is there, and one of ours, as far as the system tells."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"conformance" in words


def _given(raw: Raw, own: dict[str, str | None]) -> tuple[list[str], dict[str, str]]:
    """The options of the campaign as those of a round: secrets as variables, the rest as words."""
    words: list[str] = []
    variables: dict[str, str] = {}
    values = {name: raw.values[name] for name in BY_NAME if name not in _OWN} | own
    for name, value in values.items():
        option = BY_NAME[name]
        if not value:
            continue
        if option.secret or name in _SECRET or (name == "example-database" and "://" in str(value)):
            variables[option.env] = "\n".join(value) if option.many else str(value)
        elif option.metavar is None:
            words.append(f"--{name}")
        else:
            for one in value if option.many else [value]:
                words += [f"--{name}", str(one)]
    return words, variables
