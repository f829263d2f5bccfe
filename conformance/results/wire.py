"""Records to JSON values and back, driven by the annotations of the dataclasses, so that no field is listed twice.

The rule: `undump(type(x), dump(x)) == x`, and the JSON values are builtins only (they also cross pytest-xdist's wire,
which knows nothing else). Bytes are `{"base64": …}` with a `text` beside it where they are UTF-8, for the human reader;
only `base64` is read again. A lone surrogate in a string, which no wire carries, is written as its escape.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import types
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints


class WireError(ValueError):
    """A JSON value that is not what its annotation says; the sentence names the path to it."""


def dump(value: Any) -> Any:  # noqa: PLR0911 (a table of kinds, one line each)
    """The JSON form of a record or of a part of one."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes):
        return _dump_bytes(value)
    if isinstance(value, dict):
        return {dump(key): dump(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [dump(item) for item in value]
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        return {name: dump(getattr(value, name)) for name in _hints(kind)}
    raise TypeError(f"a record cannot carry a {type(value).__name__}")


def undump(hint: Any, value: Any, where: str = "record") -> Any:  # noqa: PLR0911 (a table of kinds)
    """The value a JSON form stands for, held to its annotation; WireError when it is something else."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return None if value is None else undump(get_args(hint)[0], value, where)
    if origin is tuple:
        return _undump_tuple(get_args(hint), value, where)
    if origin is dict:
        item = get_args(hint)[1]
        return {key: undump(item, entry, f"{where}.{key}") for key, entry in _expect(dict, value, where).items()}
    if dataclasses.is_dataclass(hint):
        return _undump_record(hint, _expect(dict, value, where), where)
    if issubclass(hint, Enum):
        return _undump_enum(hint, value, where)
    if hint is bytes:
        return _undump_bytes(_expect(dict, value, where), where)
    if hint is float:
        return float(_expect((int, float), value, where))
    return _expect(hint, value, where)


def _undump_tuple(hints: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    items = _expect((list, tuple), value, where)
    if hints[-1] is Ellipsis:
        hints = hints[:1] * len(items)
    if len(hints) != len(items):
        raise WireError(f"{where} has {len(items)} items, {len(hints)} belong there")
    pairs = zip(hints, items, strict=True)
    return tuple(undump(hint, item, f"{where}[{index}]") for index, (hint, item) in enumerate(pairs))


def _undump_record(cls: Any, value: dict[str, Any], where: str) -> Any:
    hints = _hints(cls)
    if missing := [name for name in hints if name not in value and name not in _optional(cls)]:
        raise WireError(f"{where} lacks {', '.join(missing)}")
    present = {name: hint for name, hint in hints.items() if name in value}
    fields = {name: undump(hint, value[name], f"{where}.{name}") for name, hint in present.items()}
    try:
        return cls(**fields)
    except ValueError as problem:
        raise WireError(f"{where}: {problem}") from None


def _undump_enum(cls: type[Enum], value: Any, where: str) -> Enum:
    try:
        return cls(value)
    except ValueError:
        raise WireError(f"{where} is {value!r}, not one of {', '.join(str(item.value) for item in cls)}") from None


def _dump_bytes(value: bytes) -> dict[str, str]:
    form = {"base64": base64.b64encode(value).decode("ascii")}
    try:
        return {**form, "text": value.decode("utf-8")} if value else form
    except UnicodeDecodeError:
        return form


def _undump_bytes(value: dict[str, Any], where: str) -> bytes:
    try:
        return base64.b64decode(_expect(str, value.get("base64"), f"{where}.base64"), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise WireError(f"{where}.base64: {problem}") from None


def _expect(kind: Any, value: Any, where: str) -> Any:
    """The value when it is of the kind; true and false are no numbers here, whatever Python says."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        wanted = " or ".join(item.__name__ for item in (kind if isinstance(kind, tuple) else (kind,)))
        raise WireError(f"{where} is a {type(value).__name__}, a {wanted} belongs there")
    return value


@cache
def _hints(cls: Any) -> dict[str, Any]:
    """The fields of a dataclass with their resolved annotations, in order."""
    resolved = get_type_hints(cls)
    return {item.name: resolved[item.name] for item in dataclasses.fields(cls)}


@cache
def _optional(cls: Any) -> frozenset[str]:
    """The fields with a default: a stream of an earlier version may do without them."""
    missing = dataclasses.MISSING
    fields = dataclasses.fields(cls)
    return frozenset(item.name for item in fields if (item.default, item.default_factory) != (missing, missing))
