"""The JSON Schemas of `schemas/`, and which requirement each of their keywords stands for (`x-requirement`).

The one rule: to violate a keyword that names a requirement is to violate that requirement. `x-requirement` is one id
for all keywords beside it, or an object keyword -> id, in which `required` is an object member -> id. A schema that
names a keyword or member it does not have is a CatalogueError when it is loaded.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from conformance import paths
from conformance.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema import FormatChecker
    from jsonschema.exceptions import ValidationError

    Schema = Mapping[str, Any]

NAME: Final = "x-requirement"
_MAPS: Final = ("properties", "patternProperties", "$defs", "dependentSchemas")
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_ONES: Final = ("items", "additionalProperties", "propertyNames", "contains", "not", "if", "then", "else")


@cache
def load(name: str) -> dict[str, Any]:
    """The schema `schemas/<name>.schema.json`, consistent in itself; not to be changed, for it is shared."""
    file = paths.SCHEMAS / f"{name}.schema.json"
    try:
        schema = json.loads(file.read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
    except FileNotFoundError:
        raise CatalogueError(f"there is no schema {name!r}; there are {', '.join(names())}") from None
    except (OSError, ValueError) as problem:
        raise CatalogueError(f"schema {name!r} cannot be read: {problem}") from None
    except SchemaError as problem:
        raise CatalogueError(f"schema {name!r} is no JSON Schema: {problem.message}") from None
    if not isinstance(schema, dict):
        raise CatalogueError(f"schema {name!r} is {schema!r}, which describes nothing")
    _consistent(name, schema)
    return schema


def names() -> tuple[str, ...]:
    """The names of all schemas, sorted."""
    return tuple(sorted(file.name.removesuffix(".schema.json") for file in paths.SCHEMAS.glob("*.schema.json")))


def validator(name: str, format_checker: FormatChecker | None = None) -> Draft202012Validator:
    """A validator of a schema; formats are checked where a checker is given (`checks.formats` has the codecs' one)."""
    return Draft202012Validator(load(name), format_checker=format_checker)


def requirement_of(error: ValidationError) -> str | None:
    """The requirement a validation error violates: that of the keyword, for a missing member that member's; or None."""
    schema, keyword = error.schema, str(error.validator)
    if not isinstance(schema, dict):
        return None
    named = schema.get(NAME)
    if isinstance(named, dict):
        named = named.get(keyword)
    if isinstance(named, dict):  # keyword is `required`: each missing member is an error of its own
        missing = (member for member in named if error.message == f"{member!r} is a required property")
        named = named.get(next(missing, ""))
    return named if isinstance(named, str) else None


@cache
def requirements_of(name: str) -> frozenset[str]:
    """The ids of all requirements that the keywords of a schema stand for."""
    return frozenset(id_ for schema in subschemas(load(name)) for _, id_ in _named(schema))


def subschemas(schema: Schema) -> Iterator[Schema]:
    """A schema and every schema in it, outer before inner; the boolean schemas have nothing to say and are left out."""
    yield schema
    inner = [part for keyword in _MAPS for part in schema.get(keyword, {}).values()]
    inner += [part for keyword in _LISTS for part in schema.get(keyword, ())]
    inner += [schema[keyword] for keyword in _ONES if keyword in schema]
    for part in inner:
        if isinstance(part, dict):
            yield from subschemas(part)


def _named(schema: Schema) -> Iterator[tuple[str, str]]:
    """Keyword (for `required`, `required/<member>`) and requirement id; `*` where one id stands for all keywords."""
    named = schema.get(NAME, {})
    if not isinstance(named, dict):
        yield "*", named
        return
    for keyword, value in named.items():
        if isinstance(value, dict):
            yield from ((f"{keyword}/{member}", id_) for member, id_ in value.items())
        else:
            yield keyword, value


def _consistent(name: str, root: Schema) -> None:
    for schema in subschemas(root):
        if not str(schema.get("$ref", "#")).startswith("#"):
            raise CatalogueError(f"schema {name!r}: $ref {schema['$ref']!r} leads out of it; only #/… is followed")
        for place, id_ in _named(schema):
            keyword, _, member = place.partition("/")
            if not isinstance(id_, str):
                raise CatalogueError(f"schema {name!r}: {NAME} of {place!r} is {id_!r}, no requirement id")
            there = keyword == "*" or (member in schema.get(keyword, ()) if member else keyword in schema)
            if not there or (member and keyword != "required"):
                raise CatalogueError(f"schema {name!r}: {id_} names the keyword {place!r}, which is not there")
