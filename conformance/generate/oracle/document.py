"""A strict reading of a request's body as far as it is JSON at all (RFC 8259; MS-DRS 2.1.1.1.1).

The one rule: what is wrong inside an object is for others to say; here it is only whether there is one.
"""

from __future__ import annotations

import json

from conformance.generate.edits import Layer
from conformance.generate.oracle.reading import Reading


def document(text: bytes) -> Reading:
    """What a target owes this body."""
    if not text.strip(b" \t\r\n"):
        return _refuse("join-request/body-required", "there is no body", 0)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return _refuse("processing/malformed-json", error.msg, error.pos)
    except (ValueError, RecursionError) as error:  # octets that are no text, or more than Python reads
        return Reading(f"no JSON that can be read here: {type(error).__name__}")
    if not isinstance(value, dict):
        return _refuse("join-request/body-object", "the body is no object", 0)
    return Reading("an object")


def _refuse(requirement: str, why: str, offset: int) -> Reading:
    return Reading(why, requirement, layer=Layer.JSON_TEXT, offset=offset)
