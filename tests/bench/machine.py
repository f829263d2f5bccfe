"""What a figure was taken on: cores, CPU, memory, Python, libraries, and the state of the code."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import ssl
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_LIBRARIES = (
    *("pytest", "pytest-xdist", "hypothesis", "httpx", "httpcore", "h11", "cryptography", "jsonschema"),
    *("starlette", "uvicorn", "uvloop", "httptools"),
)


def described() -> dict[str, Any]:
    """The machine and the code, now; `load` is how many others wanted a core in the last minute."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _cpu(),
        "memory_mib": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
        "load": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "libraries": dict(_versions()),
        "commit": _commit(),
    }


def _cpu() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _versions() -> list[tuple[str, str]]:
    found = []
    for name in _LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found.append((name, importlib.metadata.version(name)))
    return found


def _commit() -> str:
    """The commit, with `+` where tracked files differ from it; empty where there is no repository."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"]
    with suppress(OSError, subprocess.CalledProcessError):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return ""
