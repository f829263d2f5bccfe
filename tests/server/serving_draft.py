"""`drs-conformance serve` in a process of its own, for tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from conformance.server import Ready

ROOT = Path(__file__).resolve().parents[2]


def start(*options: str, **environment: str) -> subprocess.Popen[str]:
    """The process, which leads a group of its own, so that its workers can be killed with it."""
    found = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "conformance", "serve", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
    return subprocess.Popen(command, text=True, env={**os.environ, "PYTHONPATH": found, **environment}, **pipes)  # type: ignore[call-overload, no-any-return]


class Served:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        self.line: dict[str, Any] = json.loads(line)
        self.ready = Ready(**self.line)

    def end(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        """Sends a signal; gives the exit status and what was still written."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err

    def workers(self) -> list[int]:
        """The process ids of the workers: of the children, those that multiprocessing spawned to serve."""
        parent = self.process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
        told = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
        return [child for child, command in told.items() if b"spawn_main" in command]

    def kill(self) -> None:
        """SIGKILL for it and all its workers, at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()
