"""A refusal that tells of a device quota, the tenant's or the user's (field notes, errors), not of the request.

The one rule: only what a refusal says of itself counts, in one of the three shapes of the field or in those of many
servers (RFC 9457, OData's, OAuth's); a status alone, or a word somewhere in a body of no known shape, is no quota, or
whoever refuses anything would be excused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from conformance.checks.verdict import json_object
from conformance.exchange import Exchange

REACHED: Final = "the tenant's device quota is reached"
_SUBCODE: Final = re.compile(r"error_(?:directory|device)_quota_exceeded", re.IGNORECASE)
_MESSAGE: Final = re.compile(
    r"DeviceCapReached|(?:directory|device) quota (?:is |has been )?(?:exceeded|reached)|maximum number of devices",
    re.IGNORECASE,
)


def reached(exchange: Exchange) -> str | None:
    """A clause that says which answer tells of the quota; None for every other answer."""
    answer = exchange.answer
    if answer is None or not 400 <= answer.status < 500:  # noqa: PLR2004 - RFC 9110 15.5
        return None
    said = json_object(answer) or {}
    for pattern, texts in ((_SUBCODE, _codes(said)), (_MESSAGE, _messages(said))):
        found = next((match.group(0) for text in texts if (match := pattern.search(text))), None)
        if found:
            return f"{REACHED}: answered {answer.status}, {found}"
    return None


def _codes(said: dict[str, Any]) -> Iterator[str]:
    """What names the kind of error: ErrorType (shape A), code and subcode (B), code and the item subCode (C)."""
    yield from _texts(said.get(name) for name in ("ErrorType", "code", "subcode"))
    yield from _texts([_inner(said).get("code")])
    inner = said.get("odata.error")
    if isinstance(inner, dict):
        yield from _texts([inner.get("code")])
        values = inner.get("values")
        items = [item for item in values if isinstance(item, dict)] if isinstance(values, list) else []
        yield from _texts(item.get("value") for item in items if str(item.get("item")).lower() == "subcode")


def _messages(said: dict[str, Any]) -> Iterator[str]:
    """What is said in words: Message (shape A), message (B), message.value (C); detail and title of RFC 9457."""
    yield from _texts(said.get(name) for name in ("Message", "message", "detail", "title", "error_description"))
    yield from _texts([_inner(said).get("message")])
    inner = said.get("odata.error")
    message = inner.get("message") if isinstance(inner, dict) else None
    yield from _texts([message.get("value") if isinstance(message, dict) else message])


def _inner(said: dict[str, Any]) -> dict[str, Any]:
    """The error object of OData 4 (OData JSON 21.1)."""
    inner = said.get("error")
    return inner if isinstance(inner, dict) else {}


def _texts(values: Any) -> Iterator[str]:
    yield from (value for value in values if isinstance(value, str))
