"""An answer's body as JSON (RFC 8259): one text in UTF-8, an object, no name twice, and a media type that says so.

The one rule: a body is read whatever it holds. What cannot be read is a finding; what is JSON but deeper than anyone
sends is handed on to nobody, so that no check behind this one has to fear its depth.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from conformance.checks.judgement import Judgement, Notes
from conformance.exchange import Answer

DEEPEST: Final = 64
"""How deep objects and arrays may nest; the answers of the document nest four deep."""

_DIGITS: Final = 4_000  # Python converts no integer of more than 4,300 digits
_TOLD: Final = 3
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class _NotJsonError(ValueError):
    """Something Python's reader lets pass and RFC 8259 does not."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a body says: its object, None where there is none to judge; the names that stand twice; what is wrong.

    `problem` and `where` say why the body is no JSON object, empty where it is one. `too_deep` is JSON that is left
    unjudged, since a reader may limit the depth it takes (RFC 8259 9).
    """

    value: dict[str, Any] | None
    twice: tuple[str, ...] = ()
    problem: str = ""
    where: str = ""
    too_deep: bool = False


def judge(answer: Answer, slug: str) -> tuple[dict[str, Any] | None, Judgement]:
    """The object in an answer's body and the judgement of `slug/json`, `slug/unique-names` and `slug/media-type`."""
    notes = Notes()
    notes.hold(f"{slug}/media-type", is_json_type(answer), _media_type_problem(answer), "Content-Type")
    body = read(answer.body)
    if not body.too_deep:
        notes.hold(f"{slug}/json", not body.problem, body.problem, body.where)
    if body.value is not None:
        names = ", ".join(ascii(name[:40]) for name in body.twice[:_TOLD])
        notes.hold(f"{slug}/unique-names", not body.twice, f"stands more than once in an object: {names}", "body")
    return body.value, notes.judgement()


def is_json_type(answer: Answer) -> bool:
    """Whether every Content-Type is `application/json`, in any case and with any parameters (RFC 9110 8.3.1)."""
    types = _media_types(answer)
    return bool(types) and all(one.partition(";")[0].strip(" \t").lower() == "application/json" for one in types)


def _media_types(answer: Answer) -> list[str]:
    return [value for name, value in answer.headers if name.lower() == "content-type"]


def _media_type_problem(answer: Answer) -> str:
    types = _media_types(answer)
    return f"the media type is {', '.join(types)[:80]!a}" if types else "the answer has no Content-Type"


def read(body: bytes) -> Body:
    """Reads a body; raises nothing."""
    if body.startswith(_BYTE_ORDER_MARK):
        return Body(None, problem="a byte order mark stands before the JSON text (RFC 8259 8.1)", where="offset 0")
    try:
        return _read(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        return Body(None, problem="the body is not UTF-8", where=f"offset {error.start}")
    except RecursionError:
        return Body(None, too_deep=True)


def _read(text: str) -> Body:
    twice: list[str] = []
    try:
        value = _load(text, twice)
    except json.JSONDecodeError as error:
        offset = len(text[: error.pos].encode())
        return Body(None, problem=f"the body is not one JSON text: {_said(error.msg, text)}", where=f"offset {offset}")
    except _NotJsonError as error:
        return Body(None, problem=f"the body is not JSON: {error}", where="body")
    if not isinstance(value, dict):
        return Body(None, tuple(twice), f"the body is JSON, and {_KINDS[type(value)]} instead of an object", "body")
    return Body(None, tuple(twice), too_deep=True) if _too_deep(value) else Body(value, tuple(twice))


_KINDS: Final = {
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",
    type(None): "null",
}


def _said(message: str, text: str) -> str:
    return message[:1].lower() + message[1:] if text.strip(" \t\r\n") else "it is empty"


def _load(text: str, twice: list[str]) -> Any:
    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice.extend(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        return found

    return json.loads(text, object_pairs_hook=members, parse_int=_integer, parse_constant=_refuse)


def _integer(digits: str) -> int | float:
    """A number of more digits than are worth reading is as large as any: JSON sets no limit to it (RFC 8259 6)."""
    return int(digits) if len(digits) < _DIGITS else float(digits)


def _refuse(name: str) -> NoReturn:
    raise _NotJsonError(f"{name} is no number")


def _too_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST + 1):
        inner = [part for outer in level for part in _parts(outer)]
        if not inner:
            return False
        level = inner
    return True


def _parts(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
