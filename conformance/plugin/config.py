"""The configuration file of a run: `drs.toml`, or the table `[tool.drs-conformance]` of `pyproject.toml`.

The one rule: what a file says stands below the command line and the environment, and a file never holds a secret: it is
copied, committed and read by others.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.plugin.options import Option

OWN, SHARED = "drs.toml", "pyproject.toml"
TABLE = "tool.drs-conformance"
_CREDENTIALS = {"authorization", "proxy-authorization", "cookie"}


@dataclass(frozen=True, slots=True)
class File:
    """A configuration file that was read: `values` are texts, lists of texts and flags, by the names of options."""

    path: Path
    values: Mapping[str, Any] = field(default_factory=dict)

    def said(self, name: str) -> str:
        """How an option was given here."""
        return f"{name} in {self.path.name}"


def find(named: str | None, option: str, folder: Path, options: Mapping[str, Option]) -> File | None:
    """The file named, else `drs.toml` in the folder, else its `pyproject.toml` where that has the table.

    `option` is how the file was named. Raises `UsageError` for a file that cannot be read or holds what no file may.
    """
    if named is not None:
        return _read(folder / named, named, option, options)
    if (own := folder / OWN).is_file():
        return _read(own, OWN, "", options)
    if (shared := folder / SHARED).is_file() and _table(_parsed(shared, SHARED, "")) is not None:
        return _read(shared, SHARED, "", options)
    return None


def _read(path: Path, name: str, option: str, options: Mapping[str, Option]) -> File:
    document = _parsed(path, name, option)
    table = _table(document)
    if table is None and path.name == SHARED:
        raise UsageError(f"{option} {name!r} has no table [{TABLE}]; add one, or name a file of its own")
    found = document if table is None else table
    if not isinstance(found, dict):
        raise UsageError(f"{name}: [{TABLE}] is no table; write option = value below it")
    return File(path, {key: _value(key, value, path, options) for key, value in found.items()})


def _parsed(path: Path, name: str, option: str) -> dict[str, Any]:
    said = f"{option} {name!r}" if option else name
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{said} cannot be read ({error.strerror}); pass a file of TOML") from None
    except UnicodeDecodeError:
        raise UsageError(f"{said} is not UTF-8, as TOML is; pass a file of TOML") from None
    except RecursionError:
        raise UsageError(f"{said} nests too deep; write option = value, a line for each") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{said} is not TOML ({str(error)[:200]}); write option = value, a line for each") from None


def _table(document: dict[str, Any]) -> Any:
    tools = document.get("tool")
    return tools.get("drs-conformance") if isinstance(tools, dict) else None


def _value(key: str, value: Any, path: Path, options: Mapping[str, Option]) -> Any:
    """The value of an option as the command line would give it; paths are seen from the file's folder."""
    option = options.get(key)
    if option is None or key == "config":
        known = difflib.get_close_matches(key.replace("_", "-").lower(), [o for o in options if o != "config"], n=1)
        would_do = f"did you mean {known[0]}?" if known else "drs-conformance run --help names them all"
        raise UsageError(f"{path.name}: {key[:60]!r} is no option; {would_do}")
    if option.secret:
        other = f"{key}-command there, or " if f"{key}-command" in options else ""
        raise UsageError(
            f"{path.name}: {key} is a secret, and secrets never belong in a file; pass {other}{option.env}"
        )
    if option.metavar is None:
        if not isinstance(value, bool):
            raise UsageError(f"{path.name}: {key} is either true or false, without quotes")
        return value
    texts = [_text(key, item, path) for item in (value if option.many and isinstance(value, list) else [value])]
    for text in texts:
        _refuse_credentials(key, text, path)
    if option.path:
        texts = [text if "://" in text else os.path.join(path.parent, text) for text in texts]  # noqa: PTH118 - of texts
    return texts if option.many else texts[0]


def _text(key: str, value: Any, path: Path) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageError(f"{path.name}: {key} is no text or number; write it in quotes")
    if value == "":
        raise UsageError(f"{path.name}: {key} is empty; give it a value or leave it out")
    if "\0" in str(value):
        raise UsageError(f"{path.name}: {key} holds a NUL, which no file, command or URL has; leave it out")
    return str(value)


def _refuse_credentials(key: str, text: str, path: Path) -> None:
    """A header, a proxy or a database may hold a credential, where the other options cannot."""
    header = key == "header" and text.partition(":")[0].strip().lower() in _CREDENTIALS
    url = key == "proxy" or (key == "example-database" and "://" in text)
    if header or (url and "@" in text):
        variable = f"DRS_{key.upper().replace('-', '_')}"
        raise UsageError(f"{path.name}: {key} holds a credential, and secrets never belong in a file; pass {variable}")
