"""Start-up: from the command to its first request, seen by a listening socket.

Counted is all of it: Python, imports, options, the stream's header. `--target` names the socket, so that no server is
started in between; how long that takes is a figure of its own. Warm is with the byte code of an earlier start; cold
is without any, not even that of Python's own library, as after an upgrade of it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.parts import How
from bench.spent import FailedError, environment

_LONGEST = 60.0
_OPTIONS = ("--tenant", "contoso.example", "--token", "a.b.c", "--profile", "quick")
GOAL = 1.0


def measure(how: How) -> dict[str, Any]:
    """Seconds to the first request, warm and cold; and to the reference server's first line."""
    times = 3 if how.short else 11
    first_request(how.folder)  # whose byte code the warm ones find
    warm, cold, server = [], [], []
    for number in range(times):
        how.say(f"{number + 1} of {times}")
        warm.append(first_request(how.folder))
        server.append(first_line(how.folder))
        if number < max(1, times // 3):
            prefix = how.folder / f"cold-{number}"
            cold.append(first_request(how.folder, PYTHONPYCACHEPREFIX=str(prefix)))
    figures = (
        Figure("start/warm", "from the command to its first request", "s", tuple(warm), goal=GOAL),
        Figure("start/cold", "the same without any byte code, Python's own neither", "s", tuple(cold)),
        Figure("start/serve", "from `serve` to its first line", "s", tuple(server)),
    )
    if how.profile:
        first_request(how.folder, into=how.profile)
    return {"figures": [figure.to_json() for figure in figures]}


def first_request(folder: Path, *, into: Path | None = None, **more: str) -> float:
    """Seconds from the start of a process to the first octets of its first request. Raises `FailedError`.

    `into` gets what each import took, as Python tells it.
    """
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(_LONGEST)
        target = f"http://127.0.0.1:{listener.getsockname()[1]}"
        told = ["-X", "importtime"] if into else []
        command = [sys.executable, *told, "-m", "conformance", "run", "--target", target, *_OPTIONS, "--out", "out"]
        began = time.perf_counter()
        with (
            open(into or os.devnull, "wb") as said,  # noqa: PTH123 - one of the two is no Path
            subprocess.Popen(
                command, cwd=folder, env=environment(**more), stdout=subprocess.DEVNULL, stderr=said
            ) as process,
        ):
            try:
                connection, _ = listener.accept()
                with closing(connection):
                    connection.settimeout(_LONGEST)
                    came = connection.recv(1)
                seconds = time.perf_counter() - began
            except TimeoutError:
                raise FailedError(f"the command sent no request within {_LONGEST:.0f} s") from None
            finally:
                process.kill()
    if not came:
        raise FailedError("the command connected, and sent nothing")
    return seconds


def first_line(folder: Path) -> float:
    """Seconds until the reference server says that it is ready. Raises `FailedError`."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "conformance", "serve", "--quiet"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - began
        process.terminate()
    try:
        json.loads(line)
    except ValueError:
        raise FailedError("the reference server did not start") from None
    return seconds
