"""The map of `conformance/__init__.py`, enforced: who may import whom, who owns what, and how long a module may be.

The one rule: the table is read from that docstring and stands nowhere else, so map and enforcement cannot differ.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).resolve().parent.parent / "conformance"
LONGEST_MODULE = 300
# What a single module may reach for, and which one that is; an empty string: none may.
OWNERS = {
    "httpx": "client/transport.py",
    "http.client": "report/send.py",  # which runs by itself, where nothing but Python is
    "requests": "cli/signin.py",  # which MSAL asks with
    "urllib.request": "",
    "importlib.resources": "paths.py",
    "pkgutil": "paths.py",
    "__file__": "paths.py",
}

Table = dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Name:
    """One dotted name a module imports or reaches for, and the line it does so on."""

    dotted: str
    line: int


def read_table(docstring: str) -> Table:
    """The rows under `room  may import`, as room -> rooms it may import (itself is understood).

    A row's right side is `nothing`, names, `all but …`, or `all above but …`, which means the rows before it.
    """
    lines = iter(docstring.splitlines())
    if not any(line.split() == ["room", "may", "import"] for line in lines):
        raise ValueError("no table: a line `room  may import` starts it")
    rows = []
    for line in lines:
        if not line.strip():
            break
        left, _, right = line.strip().partition("  ")
        rows.append((left.replace(",", " ").split(), right.split()))
    every = [room for rooms, _ in rows for room in rooms]
    table: Table = {}
    for rooms, words in rows:
        allowed = _allowed(words, above=list(table), every=every)
        if unknown := allowed - set(every):
            raise ValueError(
                f"the row of {', '.join(rooms)} allows rooms that have no row: {', '.join(sorted(unknown))}"
            )
        table.update(dict.fromkeys(rooms, allowed))
    return table


def _allowed(words: list[str], *, above: list[str], every: list[str]) -> frozenset[str]:
    match words:
        case ["nothing"]:
            return frozenset()
        case ["all", "above", "but", *less]:
            return _without(above, less)
        case ["all", "but", *less]:
            return _without(every, less)
        case []:
            raise ValueError("a row says who may import, and not what")
        case names:
            return frozenset(names)


def _without(rooms: list[str], less: list[str]) -> frozenset[str]:
    return frozenset(rooms) - frozenset(less) if set(less) <= set(rooms) else frozenset(less)  # unknown: refused above


def room_of(path: str) -> str:
    """The room of a file, given relative to the package: `codec/der/reading.py` is in `codec`, `kit.py` is `kit`."""
    return Path(path).parts[0].removesuffix(".py")


def imports(path: str, tree: ast.AST) -> Iterator[Name]:
    """Every name imported anywhere in the module, dotted and absolute; `from a import b` gives `a.b`."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (Name(alias.name, node.lineno) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = _absolute(path, module, level)
                yield from (Name(f"{base}.{alias.name}", node.lineno) for alias in names)
            case ast.Call(func=func, args=[ast.Constant(value=str(dotted)), *_]) if _imports_by_name(func):
                yield Name(dotted, node.lineno)


def _absolute(path: str, module: str | None, level: int) -> str:
    if level == 0:
        return module or ""
    package = ["conformance", *Path(path).parts[:-1]]
    return ".".join([*package[: len(package) - level + 1], *([module] if module else [])])


def _imports_by_name(func: ast.expr) -> bool:
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    return name in {"import_module", "__import__", "importorskip"}


def own_file(tree: ast.AST) -> Iterator[Name]:
    """Every use of `__file__`, which needs no import."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    yield from (Name(node.id, node.lineno) for node in nodes if node.id == "__file__")


def complaints(path: str, source: str, table: Table) -> list[str]:
    """What is wrong with one module: a sentence each, `path` being relative to the package."""
    tree = ast.parse(source)
    names = list(imports(path, tree))
    found = [*_wrong_rooms(path, names, table), *_not_the_owner(path, [*names, *own_file(tree)])]
    if (length := len(source.splitlines())) > LONGEST_MODULE:
        found.append(f"{path}: {length} lines, asking to be split")
    return found


def _wrong_rooms(path: str, names: list[Name], table: Table) -> Iterator[str]:
    room = room_of(path)
    if room == "__init__":  # the map itself
        allowed: frozenset[str] = frozenset()
    elif room in table:
        allowed = table[room] | {room}
    else:
        yield f"{path}: {room} is a room the map does not know"
        return
    for name in names:
        package, _, rest = name.dotted.partition(".")
        target = rest.partition(".")[0]
        if package == "conformance" and target not in allowed:
            yield f"{path}:{name.line}: {room} may not import {target or 'the package itself'}"


def _not_the_owner(path: str, names: list[Name]) -> Iterator[str]:
    for name in names:
        for owned, owner in OWNERS.items():
            if f"{name.dotted}.".startswith(f"{owned}.") and path != owner:
                yield f"{path}:{name.line}: {owned} is for {owner or 'no module here'}"


def the_map() -> Table:
    docstring = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")))
    return read_table(docstring or "")


MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
SMALL: Table = {
    "errors": frozenset(),
    "codec": frozenset({"errors"}),
    "client": frozenset({"errors"}),
    "paths": frozenset(),
}


@pytest.mark.parametrize("path", MODULES)
def test_the_module_keeps_to_the_map(path: str) -> None:
    assert complaints(path, (PACKAGE / path).read_text(encoding="utf-8"), the_map()) == []


def test_the_map_names_the_rooms_that_are_there_and_no_others() -> None:
    assert set(the_map()) == {room_of(path) for path in MODULES} - {"__init__"}


def test_the_table_is_read_as_it_is_written() -> None:
    rows = ["room   may import", "a, b   nothing", "c      a", "d      all above but b", "e      all but c"]
    table = read_table("\n".join(["Words.", "", *(f"    {row}" for row in rows), "", "f      nothing"]))
    assert table == {
        "a": frozenset(),
        "b": frozenset(),
        "c": frozenset("a"),
        "d": frozenset("ac"),
        "e": frozenset("abde"),
    }


@pytest.mark.parametrize("row", ["b      c", "b      all but c", "b      all above but c", "b"])
def test_a_row_that_cannot_be_meant_is_refused(row: str) -> None:
    with pytest.raises(ValueError, match="row"):
        read_table(f"room   may import\na      nothing\n{row}\n")


def test_a_docstring_without_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no table"):
        read_table("Only words.")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("codec/base64.py", "from conformance.errors import DecodeError"),
        ("codec/base64.py", "import conformance.errors"),
        ("codec/base64.py", "from conformance import errors"),
        ("codec/der/reading.py", "from ..tags import BOOLEAN"),
        ("codec/der/reading.py", "from conformance.codec import oid"),
        ("client/transport.py", "import httpx"),
        ("client/discover.py", "from conformance.client import transport"),
        ("paths.py", "where = __file__"),
        ("errors.py", "\n" * LONGEST_MODULE),
    ],
)
def test_what_the_map_allows_passes(path: str, source: str) -> None:
    assert complaints(path, source, SMALL) == []


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("codec/base64.py", "from conformance.client import Target", "codec may not import client"),
        ("codec/base64.py", "import conformance.client.transport as t", "codec may not import client"),
        ("codec/base64.py", "from conformance import client", "codec may not import client"),
        ("codec/base64.py", "import conformance", "codec may not import the package itself"),
        ("codec/base64.py", "from ..client import Target", "codec may not import client"),
        ("codec/der/reading.py", "from ...client.target import Target", "codec may not import client"),
        ("errors.py", "from .codec import base64", "errors may not import codec"),
        (
            "errors.py",
            "def late():\n    from conformance.codec import base64",
            "errors.py:2: errors may not import codec",
        ),
        ("errors.py", "if TYPE_CHECKING:\n    from conformance.codec import base64", "errors may not import codec"),
        ("errors.py", "importlib.import_module('conformance.codec')", "errors may not import codec"),
        ("codec/base64.py", "from conformance.attic import relic", "codec may not import attic"),
        ("attic/relic.py", "import re", "attic is a room the map does not know"),
        ("attic.py", "", "attic is a room the map does not know"),
        ("__init__.py", "from conformance.errors import ConformanceError", "__init__ may not import errors"),
        ("client/discover.py", "import httpx", "httpx is for client/transport.py"),
        ("client/discover.py", "from httpx import Client", "httpx is for client/transport.py"),
        ("client/transport.py", "from urllib import request", "urllib.request is for no module here"),
        ("codec/base64.py", "from importlib import resources", "importlib.resources is for paths.py"),
        ("codec/base64.py", "from importlib.resources import files", "importlib.resources is for paths.py"),
        ("codec/base64.py", "where = __file__", "__file__ is for paths.py"),
        ("errors.py", "\n" * (LONGEST_MODULE + 1), "301 lines, asking to be split"),
    ],
)
def test_what_the_map_forbids_is_found(path: str, source: str, complaint: str) -> None:
    found = complaints(path, source, SMALL)
    assert len(found) == 1
    assert complaint in found[0]
