"""Records to JSON values and back, driven by the annotations of the dataclasses, so that no field is listed twice.

The rule: `undump(type(x), dump(x)) == x`, and the JSON values are builtins only (they also cross pytest-xdist's wire,
which knows nothing else). Bytes are `{"base64": …}` with a `text` beside it where they are UTF-8, for the human reader;
only `base64` is read again. A lone surrogate in a string, which no wire carries, is written, and read, as its escape.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import types
from collections.abc import Callable, Iterable
from enum import Enum
from functools import cache, partial
from typing import Any, Union, get_args, get_origin, get_type_hints

Reader = Callable[[Any, str], Any]  # of a JSON value and the path to it
_LARGEST = 2**53  # what every reader of JSON reads as it is written (RFC 8259 6)


class WireError(ValueError):
    """A JSON value that is not what its annotation says; the sentence names the path to it."""


def dump(value: Any) -> Any:
    """The JSON form of a record or of a part of one."""
    return _DUMPS.get(type(value), _dump_other)(value)


def _dump_other(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        return {name: dump(getattr(value, name)) for name in _hints(kind)}
    for kind in (str, bool, int, float, bytes, dict, tuple, list):
        if isinstance(value, kind):
            return _DUMPS[kind](value)
    raise TypeError(f"a record cannot carry a {type(value).__name__}")


def _as_it_is(value: Any) -> Any:
    return value


def _dump_text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()


def _dump_dict(value: dict[Any, Any]) -> dict[Any, Any]:
    return {dump(key): dump(item) for key, item in value.items()}


def _dump_items(value: Iterable[Any]) -> list[Any]:
    return [dump(item) for item in value]


def undump(hint: Any, value: Any, where: str = "record") -> Any:
    """The value a JSON form stands for, held to its annotation; WireError when it is something else."""
    return _reader(hint)(value, where)


@cache
def _reader(hint: Any) -> Reader:  # noqa: PLR0911 (a table of kinds)
    """What reads a value of this annotation, found once and not for each value."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return partial(_undump_optional, _reader(get_args(hint)[0]))
    if origin is tuple:
        return partial(_undump_tuple, get_args(hint))
    if origin is dict:
        return partial(_undump_dict, _reader(get_args(hint)[1]))
    if dataclasses.is_dataclass(hint):
        return partial(_undump_record, hint)
    if issubclass(hint, Enum):
        return partial(_undump_enum, hint)
    if hint in _READERS:
        return _READERS[hint]
    return partial(_expect, hint)


def _undump_optional(read: Reader, value: Any, where: str) -> Any:
    return None if value is None else read(value, where)


def _undump_int(value: Any, where: str) -> int:
    return int(_within(_expect(int, value, where), where))


def _undump_float(value: Any, where: str) -> float:
    return float(_within(_expect((int, float), value, where), where))


def _within(value: float, where: str) -> float:
    """A number that no report stumbles over: neither without end nor larger than any count or time of a run."""
    if not -_LARGEST <= value <= _LARGEST:
        raise WireError(f"{where} is no number that a run comes to")
    return value


def _undump_text(value: Any, where: str) -> str:
    return _dump_text(_expect(str, value, where))


def _undump_dict(read: Reader, value: Any, where: str) -> dict[str, Any]:
    return {_dump_text(key): read(entry, f"{where}.{key}") for key, entry in _expect(dict, value, where).items()}


def _undump_tuple(hints: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    items = _expect((list, tuple), value, where)
    if hints[-1] is Ellipsis:
        hints = hints[:1] * len(items)
    if len(hints) != len(items):
        raise WireError(f"{where} has {len(items)} items, {len(hints)} belong there")
    pairs = zip(hints, items, strict=True)
    return tuple([_reader(hint)(item, f"{where}[{index}]") for index, (hint, item) in enumerate(pairs)])


def _undump_record(cls: Any, value: Any, where: str) -> Any:
    hints = _hints(cls)
    given = _expect(dict, value, where)
    if missing := [name for name in hints if name not in given and name not in _optional(cls)]:
        raise WireError(f"{where} lacks {', '.join(missing)}")
    present = ((name, hint) for name, hint in hints.items() if name in given)
    fields = {name: _reader(hint)(given[name], f"{where}.{name}") for name, hint in present}
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


_DUMPS: dict[type, Callable[[Any], Any]] = {
    type(None): _as_it_is,
    bool: _as_it_is,
    int: _as_it_is,
    float: _as_it_is,
    str: _dump_text,
    bytes: _dump_bytes,
    dict: _dump_dict,
    tuple: _dump_items,
    list: _dump_items,
}


def _undump_bytes(value: Any, where: str) -> bytes:
    try:
        text = _expect(dict, value, where).get("base64")
        return base64.b64decode(_expect(str, text, f"{where}.base64"), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise WireError(f"{where}.base64: {problem}") from None


_READERS: dict[type, Reader] = {
    int: _undump_int,
    float: _undump_float,
    str: _undump_text,
    bytes: _undump_bytes,
}


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
