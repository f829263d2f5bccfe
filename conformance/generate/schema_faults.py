"""Single-fault edits made by walking a schema: every keyword that stands for a requirement is violated in turn.

The one rule: an edit violates its keyword and no other, so that a property added to the schema brings its cases along
and each of them is about the requirement the keyword names. A keyword with a requirement that cannot be violated here
is a CatalogueError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from conformance.errors import CatalogueError
from conformance.generate.edits import Edit, drop, put
from conformance.generate.schema_walk import ANNOTATIONS, Node, Schema, is_of, nodes, types
from conformance.spec import schemas

Fault = tuple[str, str, Any]
"""What an edit is called, the words that say what it does to the member, and the value it puts there."""

EXAMPLES: Final[Mapping[str, tuple[str, Any]]] = {
    "string": ("a string", "4"),
    "number": ("a number", 4),
    "boolean": ("a boolean", True),
    "array": ("an array", []),
    "object": ("an object", {}),
    "null": ("null", None),
}
TEXTS: Final = ("AAAA", "not one of these!", "!", "", " ", "x" * 300)  # some violates any pattern worth its name
FORMAT_TEXTS: Final[Mapping[str, str]] = {"hostname": "no host name!"}
ANY_FORMAT_TEXT: Final = "AAAA"  # base64 of three zero octets: no key, request, certificate, token or GUID
UNKNOWN_MEMBER: Final = "ConformanceUnknownMember"


@cache
def schema_faults(name: str = "join-request") -> tuple[Edit, ...]:
    """The edits that violate each keyword of `schemas/{name}` for which the schema names a requirement."""
    return tuple(faults_of(schemas.load(name)))


def faults_of(root: Schema) -> Iterator[Edit]:
    """The edits that violate each keyword for which a schema names a requirement, in the schema's order."""
    for node in nodes(root):
        for keyword in node.schema:
            if (requirement := node.requirement(keyword)) is not None:
                yield from _edits(node, keyword, requirement)
        yield from _missing(node)


def _edits(node: Node, keyword: str, requirement: str) -> Iterator[Edit]:
    if keyword in _NOT_VIOLATED or keyword.startswith("x-"):
        return
    if keyword not in _VIOLATIONS:
        raise CatalogueError(f"{node.path}: no violation of keyword {keyword!r} is known ({requirement})")
    for name, words, value in _VIOLATIONS[keyword](node):
        path = f"{node.path}/{UNKNOWN_MEMBER}" if keyword == "additionalProperties" else node.path
        yield put(requirement, f"{_kebab(node.path)}-{name}", f"{_dotted(node.path)} {words}.", path, value)


_NOT_VIOLATED: Final = ANNOTATIONS | {"required", "properties", "items"}  # `_missing` and the walk see to these


def _missing(node: Node) -> Iterator[Edit]:
    for name in node.schema.get("required", ()):
        if (requirement := node.requirement_of_member(name)) is not None:
            path = f"{node.path}/{name}"
            yield drop(requirement, f"{_kebab(path)}-missing", f"{_dotted(path)} is left out.", path)


def _types(node: Node) -> Iterator[Fault]:
    """A value of each other type; a null optional member, and a text for a boolean (A2), are observed instead."""
    allowed = types(node.schema)
    observed = {"null"} if not node.required else set()
    if "boolean" in allowed:
        observed.add("string")
    for name, (words, value) in EXAMPLES.items():
        if name not in observed and not any(is_of(value, one) for one in allowed):
            yield f"is-{name}", f"is {words}", value


def _choices(node: Node) -> Iterator[Fault]:
    """Near misses of the values allowed: the numbers beside them, and texts that are cut short or unknown."""
    allowed = node.schema.get("enum", [node.schema.get("const")])
    numbers = [value for value in allowed if isinstance(value, int) and not isinstance(value, bool)]
    near = sorted({number + step for number in numbers for step in (-1, 1)} - set(numbers))
    for number in (*near, *((2**31, -(2**31)) if numbers else ())):
        yield f"is-{'minus-' * (number < 0)}{abs(number)}", f"is {number}", number
    words = [value for value in allowed if isinstance(value, str)]
    for text in dict.fromkeys((*(word[:-1] for word in words), *(("unknown", "") if words else ()))):
        if text not in words:
            yield f"is-{_words(text) or 'empty'}", f"is {text!r}", text


def _min_length(node: Node) -> Iterator[Fault]:
    least = node.schema["minLength"]
    if least == 1:
        yield "is-empty", "is empty", ""
    elif least:
        yield f"of-{least - 1}-characters", f"has {least - 1} characters", "x" * (least - 1)


def _max_length(node: Node) -> Iterator[Fault]:
    most = node.schema["maxLength"]
    yield f"of-{most + 1}-characters", f"has {most + 1} characters", "x" * (most + 1)


def _pattern(node: Node) -> Iterator[Fault]:
    pattern = re.compile(node.schema["pattern"])
    text = next((text for text in _of_allowed_length(node.schema, TEXTS) if not pattern.search(text)), None)
    if text is None:
        raise CatalogueError(f"{node.path}: every text tried matches the pattern {pattern.pattern!r}")
    yield "of-another-pattern", f"is {text!r}", text


def _format(node: Node) -> Iterator[Fault]:
    name = node.schema["format"]
    text = FORMAT_TEXTS.get(name, ANY_FORMAT_TEXT)
    yield f"no-{_words(name)}", f"is {text!r}, which is no {name}", text


def _of_allowed_length(schema: Schema, texts: Iterable[str]) -> Iterator[str]:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    return (text for text in texts if least <= len(text) and (most is None or len(text) <= most))


def _bound(keyword: str, step: int) -> Callable[[Node], Iterator[Fault]]:
    def beyond(node: Node) -> Iterator[Fault]:
        value = node.schema[keyword] + step
        yield f"beyond-{keyword}", f"is {value}", value

    return beyond


def _additional(node: Node) -> Iterator[Fault]:
    if node.schema["additionalProperties"] is not False:
        raise CatalogueError(f"{node.path}: additionalProperties stands for a requirement, and is not false")
    yield "has-unknown-member", "has a member the schema does not know", "unknown"


_VIOLATIONS: Final[Mapping[str, Callable[[Node], Iterator[Fault]]]] = {
    "type": _types,
    "enum": _choices,
    "const": _choices,
    "minLength": _min_length,
    "maxLength": _max_length,
    "pattern": _pattern,
    "format": _format,
    "minimum": _bound("minimum", -1),
    "maximum": _bound("maximum", 1),
    "additionalProperties": _additional,
}


def _kebab(path: str) -> str:
    """`/CertificateRequest/Data` in words: `certificate-request-data`; the document itself is `document`."""
    return _words(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", path)) or "document"


def _words(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _dotted(path: str) -> str:
    return path[1:].replace("/", ".") or "The document"
