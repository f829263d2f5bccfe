"""Schemas read as the rest of this room needs them: references followed, keywords known, requirements found.

The one rule: a keyword that `KEYWORDS` does not hold is a CatalogueError, so that no schema asks for something which is
then silently neither generated nor violated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance.errors import CatalogueError

Schema = Mapping[str, Any]

KEYWORDS: Final[Mapping[str, frozenset[str]]] = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "minItems", "maxItems"}),
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "integer": frozenset({"minimum", "maximum"}),
    "number": frozenset({"minimum", "maximum"}),
    "boolean": frozenset(),
    "null": frozenset(),
}
"""JSON type -> the keywords that say something about values of that type, and are understood here."""

ANY_TYPE: Final = frozenset({"type", "enum", "const"})
ANNOTATIONS: Final = frozenset(
    {"$schema", "$id", "$anchor", "$comment", "$defs", "title", "description", "default", "examples", "deprecated"}
)
_KNOWN: Final = ANY_TYPE.union(ANNOTATIONS, *KEYWORDS.values())


@dataclass(frozen=True, slots=True)
class Node:
    """A member of the document a schema describes: its JSON pointer, its schema, and whether it must be there."""

    path: str
    schema: Schema
    required: bool

    def requirement(self, keyword: str) -> str | None:
        """The requirement a violation of this keyword violates; None where the schema names none."""
        named = self.schema.get("x-requirement", {})
        return named if isinstance(named, str) else _text(named.get(keyword))

    def requirement_of_member(self, name: str) -> str | None:
        """The requirement that is violated where the required member `name` is missing."""
        named = self.schema.get("x-requirement", {})
        required = named if isinstance(named, str) else named.get("required")
        return required.get(name) if isinstance(required, Mapping) else _text(required)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def resolved(schema: Any, root: Schema) -> Schema:
    """The schema with its `$ref` (within `root`) followed and merged under the keywords beside it, and checked."""
    if schema is True:
        return {}
    if not isinstance(schema, Mapping):
        raise CatalogueError(f"a schema is an object here, not {schema!r}")
    merged: dict[str, Any] = dict(schema)
    while "$ref" in merged:
        target = _target(str(merged.pop("$ref")), root)
        if clash := sorted(set(target) & set(merged) - ANNOTATIONS - {"x-requirement", "$ref"}):
            raise CatalogueError(f"keyword {clash[0]} stands beside a $ref whose target has it too")
        merged = {**target, **merged}
    unknown = sorted(key for key in merged if key not in _KNOWN and not key.startswith("x-"))
    if unknown:
        raise CatalogueError(f"schema keyword {unknown[0]!r} is not one of {', '.join(sorted(_KNOWN))}")
    types(merged)
    return merged


def _target(reference: str, root: Schema) -> Schema:
    if not reference.startswith("#"):
        raise CatalogueError(f"$ref {reference!r} leads out of its schema; only #/… is followed")
    found: Any = root
    for step in reference[1:].split("/")[1:]:
        try:
            found = found[step.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            raise CatalogueError(f"$ref {reference!r} leads nowhere") from None
    if not isinstance(found, Mapping):
        raise CatalogueError(f"$ref {reference!r} does not lead to a schema")
    return found


def types(schema: Schema) -> tuple[str, ...]:
    """The JSON types a schema allows: those it names, or those its other keywords speak of, or all."""
    named = schema.get("type")
    if named is None:
        spoken = tuple(name for name, keywords in KEYWORDS.items() if name != "number" and keywords & set(schema))
        return spoken or tuple(name for name in KEYWORDS if name != "integer")
    names = (named,) if isinstance(named, str) else tuple(named)
    if unknown := [name for name in names if name not in KEYWORDS]:
        raise CatalogueError(f"schema type {unknown[0]!r} is not one of {', '.join(KEYWORDS)}")
    return names


def is_of(value: Any, name: str) -> bool:
    """Whether a JSON value is of a JSON Schema type; true and false are no numbers, and 4.0 is an integer."""
    if name in ("integer", "number"):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (name == "number" or float(value).is_integer())
    return isinstance(value, _PYTHON[name])


_PYTHON: Final[Mapping[str, type]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}


def nodes(root: Schema) -> Iterator[Node]:
    """The document itself and every member the schema names, outer before inner, in the schema's order."""
    yield from _nodes(Node("", resolved(root, root), required=True), root)


def _nodes(node: Node, root: Schema) -> Iterator[Node]:
    yield node
    required = node.schema.get("required", ())
    for name, schema in node.schema.get("properties", {}).items():
        path = f"{node.path}/{name.replace('~', '~0').replace('/', '~1')}"
        yield from _nodes(Node(path, resolved(schema, root), required=name in required), root)
