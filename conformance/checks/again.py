"""A check called again, on what a run recorded of it: the check's name, and its arguments as JSON.

The one rule: a check is a function of its arguments, so the same arguments under the present rules give the present
verdict. A check whose arguments are of a kind that no JSON is made of is not recorded, and nobody pretends otherwise.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ParamSpec

from conformance.checks.judgement import Applied, Judgement
from conformance.codec import base64
from conformance.codec.spki import SubjectPublicKeyInfo
from conformance.codec.x509 import Certificate
from conformance.errors import DecodeError
from conformance.exchange import Exchange

P = ParamSpec("P")
_MARK = "__recorded__"
_ROOM = "conformance.checks"
_CODECS: dict[type, tuple[str, Callable[[Any], str], Callable[[str], Any]]] = {
    bytes: ("octets", base64.encode, base64.decode),
    datetime: ("moment", datetime.isoformat, datetime.fromisoformat),
    Certificate: (
        "certificate",
        lambda value: base64.encode(value.der),
        lambda text: Certificate.decode(base64.decode(text), strict=False),
    ),
    SubjectPublicKeyInfo: (
        "key",
        lambda value: base64.encode(value.encode()),
        lambda text: SubjectPublicKeyInfo.decode(base64.decode(text), strict=False),
    ),
}
_READ = {name: read for name, _, read in _CODECS.values()}


class NotRecordedError(ValueError):
    """A value that cannot be written down, or read again."""


def recorded(check: Callable[P, Judgement]) -> Callable[P, Judgement]:
    """A check that says in its judgement how it was called."""
    signature = inspect.signature(check)
    name = f"{check.__module__.rpartition('.')[2]}.{check.__name__}"

    @functools.wraps(check)
    def judged(*args: P.args, **kwargs: P.kwargs) -> Judgement:
        judgement = check(*args, **kwargs)
        arguments = signature.bind(*args, **kwargs).arguments
        return dataclasses.replace(judgement, applied=(Applied(name, arguments, judgement.checked),))

    setattr(judged, _MARK, True)
    return judged


def written(arguments: Mapping[str, Any], place: Callable[[Exchange], int]) -> str:
    """The arguments as JSON; `place` gives the number of an exchange. Raises `NotRecordedError`."""
    return json.dumps({name: _write(value, place) for name, value in arguments.items()}, separators=(",", ":"))


def apply(check: str, arguments: str, exchanges: tuple[Exchange, ...]) -> Judgement:
    """What the present check of that name says. Raises `NotRecordedError` when there is none, or it asks for more."""
    module, _, name = check.partition(".")
    try:
        found = getattr(importlib.import_module(f"{_ROOM}.{module}"), name, None) if module.isidentifier() else None
    except ImportError:
        found = None
    if not getattr(found, _MARK, False):
        raise NotRecordedError(f"there is no check {check!r} any more")
    try:
        values = {key: _read(value, exchanges) for key, value in json.loads(arguments).items()}
        judgement: Judgement = found(**values)  # type: ignore[misc]  # the mark says that it is a check
    except (TypeError, ValueError, LookupError, AttributeError, ImportError, RecursionError, DecodeError) as error:
        raise NotRecordedError(f"{check} cannot be called as it was: {error}") from None
    return judgement


def _write(value: Any, place: Callable[[Exchange], int]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Exchange):
        return {"exchange": place(value)}
    if isinstance(value, list | tuple):
        return [_write(item, place) for item in value]
    for kind, (name, write, _) in _CODECS.items():
        if isinstance(value, kind):
            return {name: write(value)}
    if dataclasses.is_dataclass(value) and type(value).__module__.startswith(_ROOM):
        fields = {item.name: _write(getattr(value, item.name), place) for item in dataclasses.fields(value)}
        return {"record": f"{type(value).__module__.rpartition('.')[2]}.{type(value).__name__}", "fields": fields}
    raise NotRecordedError(f"a {type(value).__name__} cannot be written down")


def _read(value: Any, exchanges: tuple[Exchange, ...]) -> Any:
    if isinstance(value, list):
        return tuple(_read(item, exchanges) for item in value)
    if not isinstance(value, dict):
        return value
    if "exchange" in value:
        return dict(enumerate(exchanges))[value["exchange"]]
    if "record" in value:
        module, _, name = str(value["record"]).partition(".")
        kind = _record(module, name)
        return kind(**{key: _read(item, exchanges) for key, item in value["fields"].items()})
    ((name, text),) = value.items()
    if name not in _READ:
        raise NotRecordedError(f"{name!r} is no kind of value")
    return _READ[name](text)


def _record(module: str, name: str) -> Any:
    """A dataclass of this room, and nothing else that a stream may name."""
    kind = getattr(importlib.import_module(f"{_ROOM}.{module}"), name, None) if module.isidentifier() else None
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        raise NotRecordedError(f"{module}.{name} is no record")
    return kind
