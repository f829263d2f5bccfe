"""The document in its copies: with the formats of hooks, with patterns, and with the formats of wrong encodings.

The one rule: a copy differs in what generates the binary members and in nothing else. With formats no malformed base64
is ever sent, with patterns never a real request, so that each finds what the other cannot.
"""

from __future__ import annotations

import copy
from typing import Any, Final

_BASE64: Final = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$"
_JWT: Final = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"
PATTERNS: Final = {
    "pkcs10": _BASE64,
    "rsa-key-blob": _BASE64,
    "x509": _BASE64,
    "tpms-attest": _BASE64,
    "challenge": _JWT,
}
WRONG: Final = {"pkcs10": "wrong-pkcs10", "rsa-key-blob": "wrong-rsa-key-blob"}
COPIES: Final = ("formats", "patterns", "wrong")


def copied(document: Any, kind: str) -> Any:
    """The document as one of COPIES; the one that is given has formats."""
    made = copy.deepcopy(document)
    for schema in _strings(made):
        name = schema["format"]
        if kind == "patterns" and name in PATTERNS:
            del schema["format"]
            schema |= {"pattern": PATTERNS[name], "minLength": 4}
        elif kind == "wrong":
            schema["format"] = WRONG.get(name, name)
    return made


def _strings(value: Any) -> list[dict[str, Any]]:
    """Every schema with a format, anywhere in a value."""
    if isinstance(value, list):
        return [found for item in value for found in _strings(item)]
    if not isinstance(value, dict):
        return []
    inside = [found for item in value.values() for found in _strings(item)]
    return [value, *inside] if isinstance(value.get("format"), str) else inside
