"""Hypothesis strategies made from our JSON schemas, keyword by keyword.

The one rule: what a strategy draws is valid by its schema, and a keyword or format that is not understood is a
CatalogueError. Members a schema does not name are not invented: whether a service must take those is a case of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from hypothesis import strategies as st

from conformance.errors import CatalogueError
from conformance.generate.schema_walk import ANNOTATIONS, Schema, is_of, resolved, types

Strategy = st.SearchStrategy[Any]
Formats = Mapping[str, st.SearchStrategy[str]]

LONGEST_TEXT: Final = 64  # characters; the document sets no limit, and longer names are a case of their own
MOST_ITEMS: Final = 4
LARGEST_INTEGER: Final = 2**31 - 1
# Letters, marks, numbers, punctuation, symbols and the plain space of every script. Control characters, unassigned code
# points and separators are left out: no text promises that a name made of those is taken.
TEXT: Final = st.characters(categories=("L", "M", "N", "P", "S"), include_characters=" ")
# All that UTF-8 can carry, as `from_regex` has it by itself; but there each code point is tried, which takes a second.
ENCODABLE: Final = st.characters(exclude_categories=["Cs"])


def from_schema(schema: Any, formats: Formats, root: Schema | None = None) -> Strategy:
    """A strategy for the values a schema allows; `root` is the schema its `#/…` references are looked up in."""
    root = schema if root is None else root
    found = resolved(schema, root)
    if "const" in found:
        return st.just(found["const"])
    if "enum" in found:
        return st.sampled_from([value for value in found["enum"] if _is_any(value, types(found))])
    if not set(found) - ANNOTATIONS:  # anything: a value that holds no other, for depth is a case of its own
        return st.none() | st.booleans() | _MAKERS["integer"]({}, formats, root) | _MAKERS["string"]({}, formats, root)
    return st.one_of([_MAKERS[name](found, formats, root) for name in types(found)])


def _is_any(value: Any, names: tuple[str, ...]) -> bool:
    return any(is_of(value, name) for name in names)


def _object(schema: Schema, formats: Formats, root: Schema) -> Strategy:
    members = {name: from_schema(part, formats, root) for name, part in schema.get("properties", {}).items()}
    required = set(schema.get("required", ()))
    if nameless := sorted(required - set(members)):
        raise CatalogueError(f"member {nameless[0]!r} is required by a schema that does not describe it")
    drawn = st.fixed_dictionaries(
        {name: part for name, part in members.items() if name in required},
        optional={name: part for name, part in members.items() if name not in required},
    )
    return st.tuples(drawn, st.permutations(sorted(members))).map(_ordered)


def _ordered(drawn: tuple[dict[str, Any], list[str]]) -> dict[str, Any]:
    members, order = drawn
    return {name: members[name] for name in order if name in members}


def _array(schema: Schema, formats: Formats, root: Schema) -> Strategy:
    least = schema.get("minItems", 0)
    return st.lists(
        from_schema(schema.get("items", True), formats, root),
        min_size=least,
        max_size=schema.get("maxItems", max(least, MOST_ITEMS)),
    )


def _string(schema: Schema, formats: Formats, _root: Schema) -> Strategy:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    fits = re.compile(schema.get("pattern", "")).search
    if "format" in schema:
        if schema["format"] not in formats:
            raise CatalogueError(f"format {schema['format']!r} is not one of {', '.join(sorted(formats))}")
        drawn: st.SearchStrategy[str] = formats[schema["format"]]
    elif "pattern" in schema:
        drawn = st.from_regex(re.compile(schema["pattern"]), alphabet=ENCODABLE)
    else:
        longest = max(least, LONGEST_TEXT) if most is None else most
        drawn = st.text(TEXT, min_size=least, max_size=longest).filter(lambda text: not text or text.strip() != "")
    return drawn.filter(
        lambda text: least <= len(text) and (most is None or len(text) <= most) and fits(text) is not None
    )


def _integer(schema: Schema, _formats: Formats, _root: Schema) -> Strategy:
    return st.integers(schema.get("minimum", -LARGEST_INTEGER), schema.get("maximum", LARGEST_INTEGER))


def _number(schema: Schema, formats: Formats, root: Schema) -> Strategy:
    floats = st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False)
    return _integer(schema, formats, root) | floats


_MAKERS: Final[Mapping[str, Callable[[Schema, Formats, Schema], Strategy]]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}
