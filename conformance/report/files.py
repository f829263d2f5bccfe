"""Writing what a report consists of, so that a reader finds the old file or the new one, never a half.

The one rule: every file is written beside its place and renamed into it. A link is replaced, never followed: whoever
put it there, with a checkout, say, does not choose where we write and delete.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from conformance.results.stream import unwritable


def write(path: Path, content: str | bytes) -> Path:
    """Write one file, making the folders above it; UsageError, one sentence, when that cannot be."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data)
    except OSError as problem:
        raise unwritable(path, problem) from None
    return path


def own(folder: Path) -> Path:
    """A folder of a report, before it is written into: where a link stands in its place, that goes. `UsageError`."""
    try:
        if folder.is_symlink():
            folder.unlink()
    except OSError as problem:
        raise unwritable(folder, problem) from None
    return folder


def _replace(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The process's mask, which `mkstemp` ignores; there is no way to read it but to set it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
