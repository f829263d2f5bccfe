"""A JSON value held against one of our schemas: each violated keyword is a finding of the requirement it stands for.

The one rule: a requirement is `checked` where a keyword that stands for it had something to look at. A member that is
optional and absent, or inside of what has the wrong type, was not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from conformance.checks.formats import checker, shown
from conformance.checks.judgement import Finding, Judgement
from conformance.spec import schemas

Schema = Mapping[str, Any]

_ABOUT: Final[Mapping[str, type | tuple[type, ...]]] = {
    "required": dict,
    "additionalProperties": dict,
    "minProperties": dict,
    "items": list,
    "minItems": list,
    "maxItems": list,
    "uniqueItems": list,
    "format": str,
    "pattern": str,
    "minLength": str,
    "maxLength": str,
    "minimum": (int, float),
    "maximum": (int, float),
}
"""Keyword -> the values it says something about; every other keyword is about all values."""

_MOST: Final = 500  # errors of one value: enough to say what is wrong with it, however long it is


def judge(name: str, value: object) -> Judgement:
    """The judgement of a value by `schemas/{name}.schema.json`; `where` of a finding is a JSON pointer."""
    root = schemas.load(name)
    findings = tuple(dict.fromkeys(_findings(name, value)))
    looked_at = frozenset(_looked_at(value, root, root))
    return Judgement(looked_at | {finding.requirement for finding in findings}, findings)


@cache
def _validator(name: str) -> Draft202012Validator:
    return schemas.validator(name, checker())


def _findings(name: str, value: object) -> Iterator[Finding]:
    """One finding per violated keyword that stands for a requirement; a value of the wrong type is just that."""
    errors = list(islice(_validator(name).iter_errors(value), _MOST))
    mistyped = {pointer(error) for error in errors if error.validator == "type"}
    for error in errors:
        where = pointer(error)
        requirement = schemas.requirement_of(error)
        if requirement is not None and (error.validator == "type" or where not in mistyped):
            yield Finding(requirement, _problem(error), where)


def pointer(error: ValidationError) -> str:
    """Where in the value an error is, as a JSON pointer (RFC 6901); empty for the value itself."""
    return "".join(f"/{step(name)}" for name in error.absolute_path)


def step(name: str | int) -> str:
    """A member's name or an item's place as a step of a JSON pointer, in printable ASCII."""
    return ascii(str(name))[1:-1].replace("~", "~0").replace("/", "~1")


def _problem(error: ValidationError) -> str:
    value = shown(error.instance)
    match error.validator:
        case "required":
            return error.message.replace(" is a required property", " is not there")
        case "type":
            return f"is {value}, not of type {error.validator_value}"
        case "format":
            return f"is {value}: {error.cause or f'no {error.validator_value}'}"
        case "minLength" if error.validator_value == 1:
            return "is empty"
        case "pattern":
            return f"is {value}, which is not of the form {error.validator_value}"
        case _:
            return f"is {value}, against {error.validator} {shown(error.validator_value)}"


def _looked_at(value: object, schema: Schema, root: Schema) -> Iterator[str]:
    """The requirements of the keywords that have something to look at in a value, and in what it holds."""
    named = schema.get(schemas.NAME, {})
    if isinstance(named, str):
        yield named
    else:
        for keyword, id_ in named.items():
            if _is_about(keyword, value):
                yield from id_.values() if isinstance(id_, dict) else (id_,)
    for inner, part in _inside(value, schema, root):
        yield from _looked_at(inner, part, root)


def _inside(value: object, schema: Schema, root: Schema) -> Iterator[tuple[object, Schema]]:
    """The value with what its schema refers to, and every member and item with the schema that is for it."""
    if "$ref" in schema:
        yield value, _target(schema["$ref"], root)
    if isinstance(value, dict):
        members = schema.get("properties", {})
        yield from ((value[member], part) for member, part in members.items() if member in value)
    if isinstance(value, list) and "items" in schema:
        yield from ((item, schema["items"]) for item in value)


def _is_about(keyword: str, value: object) -> bool:
    about = _ABOUT.get(keyword, object)
    return isinstance(value, about) and not (isinstance(value, bool) and about == (int, float))


def _target(reference: str, root: Schema) -> Schema:
    found: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found  # type: ignore[no-any-return] # `schemas.load` holds that it leads to a schema
