"""What a refusal says and what it must not: the shapes of errors seen in the field (A7), and what leaks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from conformance.checks.again import recorded
from conformance.checks.judgement import Judgement, Notes
from conformance.checks.verdict import json_object
from conformance.codec import guid
from conformance.errors import DecodeError
from conformance.exchange import REDACTED, Answer, Exchange

_SHAPES: tuple[tuple[str, frozenset[str]], ...] = (
    ("ms-dvrj", frozenset({"ErrorType", "Message", "TraceId", "Time"})),
    ("code-subcode", frozenset({"code", "subcode", "message", "operation", "requestid", "time"})),
)
_CODES = frozenset(
    {
        "AuthenticationError",
        "AuthorizationError",
        "DirectoryError",
        "InvalidParameter",
        "invalid_request",
        "directory_error",
        "authorization_error",
    }
)
_AUTHORITY: Final = re.compile(r"\bhttps?://[^/\s\"'<>\\]+")  # of a URL: `drs.contoso.com.py:8443` is no line of Python
# Each goes over an answer once, however it is made: none begins anew within what it has already looked through.
_INTERNALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "a stack trace",
        re.compile(
            r"Traceback \(most recent call last\)|^[^\S\n]+at [\w.$<>]+\(.*\)|\.(?:py|cs|java|go|js|rb):\d+",
            re.MULTILINE,
        ),
    ),
    (
        "a path of the server",
        re.compile(r"[A-Z]:\\(?:\w+\\)+\w+|(?<![\w:/])/(?:home|usr|var|opt|etc|srv|root|tmp)/[\w./-]+"),
    ),
    (
        "a statement of its database",
        re.compile(
            r"\b(?:SELECT\s(?:(?!\bSELECT\s).){1,1000}\s(?i:FROM)|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b"
            r"|\b(?i:select\s+(?:\*|[\w.]+(?:\s*,\s*[\w.]+){1,50})\s+from\s|insert\s+into\s+\w+\s*\(|update\s+\w+\s+set\s+\w+\s*="
            r"|delete\s+from\s+\w+\s+where\s)",
        ),
    ),
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\"d\"\s*:\s*\"[A-Za-z0-9_-]{43,}\"")),
)


def shape(answer: Answer) -> str:
    """The shape of an error body: `ms-dvrj`, `code-subcode`, `odata-error`, or `none`."""
    value = json_object(answer) or {}
    for name, members in _SHAPES:
        if members <= value.keys():
            return name
    inner = value.get("odata.error")
    return "odata-error" if isinstance(inner, dict) and "code" in inner else "none"


@recorded
def observe(exchange: Exchange) -> Judgement:
    """Shape, media type, time, codes and trace of a refusal: all of it open (A7), so only seen."""
    notes = Notes()
    answer = exchange.answer
    if answer is None:
        return notes.judgement()
    found = shape(answer)
    value = json_object(answer) or {}
    notes.see("A7", found, exchange.request.label)
    notes.see("processing/error-shape", "does" if found != "none" else "does not", found)
    media = (answer.header("Content-Type") or "").partition(";")[0].strip().lower()
    if value:
        notes.see("processing/error-media-type", _does(media == "application/json"), f"Content-Type {media!r}")
    if (time := _member(value, "Time", "time", "date")) is not None:
        notes.see("processing/error-time", "does", str(time)[:40])
    if (code := _member(value, "ErrorType", "code")) is not None:
        notes.see("processing/error-codes", _does(code in _CODES), str(code)[:60])
    trace = _member(value, "TraceId", "requestid", "requestId")
    notes.see(
        "field-services/error-trace",
        _does(_is_guid(trace)),
        "a GUID" if _is_guid(trace) else "no trace id that is a GUID",
    )
    return notes.judgement()


def traces(exchanges: Iterable[Exchange]) -> Judgement:
    """Whether the ids of several errors differ; nothing is said where fewer than two have one."""
    notes = Notes()
    answers = [exchange.answer for exchange in exchanges if exchange.answer is not None]
    ids = [_member(json_object(answer) or {}, "TraceId", "requestid", "requestId") for answer in answers]
    texts = [text for text in ids if isinstance(text, str) and text]
    if len(texts) > 1:
        evidence = f"{len(set(texts))} different ids in {len(texts)} errors"
        notes.see("field-services/error-trace-unique", _does(len(set(texts)) == len(texts)), evidence)
    return notes.judgement()


@recorded
def leaks(exchange: Exchange) -> Judgement:
    """Nothing of the server's insides, and no secret that was sent to it, comes back.

    The transport has put `REDACTED` where a secret stood, so that is what tells of one.
    """
    notes = Notes()
    answer = exchange.answer
    if answer is None:
        return notes.judgement()
    texts = [answer.body.decode("utf-8", "replace"), *(f"{name}: {value}" for name, value in answer.headers)]
    echoed = any(REDACTED in text for text in texts)
    notes.hold("processing/no-secrets", not echoed, "a secret that was sent comes back in the answer")
    texts = [_AUTHORITY.sub("url", text) for text in texts]
    for what, pattern in _INTERNALS:
        match = next((found for text in texts if (found := pattern.search(text))), None)
        shown = match.group(0)[:60] if match else ""
        notes.hold("processing/no-internals", match is None, f"the answer holds {what}: {shown!r}")
    return notes.judgement()


def _does(holds: bool) -> str:
    return "does" if holds else "does not"


def _member(value: dict[str, Any], *names: str) -> Any:
    """The first of these members, in the body or in the values of an `odata.error`."""
    for name in names:
        if name in value:
            return value[name]
    inner = value.get("odata.error")
    if isinstance(inner, dict):
        values = inner.get("values")
        items = [item for item in values if isinstance(item, dict)] if isinstance(values, list) else []
        found = {item.get("item"): item.get("value") for item in items if isinstance(item.get("item"), str)}
        return next((one[name] for name in names for one in (found, inner) if name in one), None)
    return None


def _is_guid(text: Any) -> bool:
    try:
        guid.decode(text)
    except (DecodeError, TypeError, AttributeError):
        return False
    return True
