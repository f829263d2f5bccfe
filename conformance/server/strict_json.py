"""JSON as RFC 8259 has it, read so that two readers cannot disagree about what it says.

The one rule: what the grammar leaves to luck (duplicate members, lone surrogates, numbers outside a double, depth) is
refused with the place where it stands; nothing is repaired.
"""

from __future__ import annotations

import json
import math
from typing import Any

from .refusal import Fault, Refusal, quoted

DEPTH = 64


def read_json(body: bytes) -> Any:
    """The value a body holds; Refusal names the byte or character offset of the first fault."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(
            f"The body is not UTF-8: invalid byte at offset {error.start}.", fault=Fault(offset=error.start)
        ) from None
    if text.startswith("\ufeff"):
        raise Refusal("The body starts with a byte order mark at offset 0; JSON text has none (RFC 8259, section 8.1).")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Refusal(
            f"The body is not JSON: {error.msg} at offset {error.pos}.", fault=Fault(offset=error.pos, text=True)
        ) from None
    except RecursionError:
        raise Refusal(f"The body is nested deeper than {DEPTH} levels.") from None
    except ValueError:  # an integer longer than Python is willing to read
        raise Refusal("The body holds a number too long to be read.") from None
    if not (body.isascii() and b"\\u" not in body and body.count(b"{") + body.count(b"[") <= DEPTH):
        _bounded(value, 0)  # it may hold a surrogate, or be too deep
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Refusal(f"The member {quoted(twice)} is there twice in one object.")
    return members


def _constant(name: str) -> float:
    raise Refusal(f"The body is not JSON: {name} is not a JSON number.")


def _number(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise Refusal("The body holds a number outside the range of a double.")
    return value


def _bounded(value: Any, depth: int) -> None:
    if depth > DEPTH:
        raise Refusal(f"The body is nested deeper than {DEPTH} levels.")
    if isinstance(value, str):
        _whole(value)
    elif isinstance(value, dict):
        for name, member in value.items():
            _whole(name)
            _bounded(member, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _bounded(item, depth + 1)


def _whole(text: str) -> None:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise Refusal(f"A string holds a lone surrogate at its character {error.start}.") from None


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_constant, parse_float=_number)
