"""The single-fault edits: for each requirement about a join request, what a conforming service must refuse.

The one rule: an edit is here only where the document, or what it refers to, leaves a service no choice. What a service
may take (the CN in other letters, since X.520 compares names without case; bits behind the last base64 octet; a null
member) is no fault, and at most a variant of `generate.observed`. A family of faults is a module with a tuple FAULTS; a
wider family is another module.
"""

from __future__ import annotations

from functools import cache

from conformance.errors import CatalogueError
from conformance.generate.edits import Edit
from conformance.generate.faults import (
    attestation,
    challenge,
    encoding,
    json_text,
    members,
    request_info,
    request_octets,
    signature,
    transport_key,
)
from conformance.generate.schema_faults import schema_faults

FAMILIES = (
    json_text.FAULTS,
    members.FAULTS,
    encoding.FAULTS,
    request_octets.FAULTS,
    request_info.FAULTS,
    signature.FAULTS,
    transport_key.FAULTS,
    attestation.FAULTS,
    challenge.FAULTS,
)


@cache
def faults(requirement: str | None = None) -> tuple[Edit, ...]:
    """Every refusing edit, or those of one requirement: the ones written by hand and the ones the schema gives."""
    edits = _all()
    return edits if requirement is None else tuple(edit for edit in edits if edit.requirement == requirement)


@cache
def covered() -> frozenset[str]:
    """The ids of the requirements that have at least one refusing edit."""
    return frozenset(edit.requirement for edit in _all())


@cache
def _all() -> tuple[Edit, ...]:
    edits = {edit.id: edit for edit in schema_faults()}
    for edit in (edit for family in FAMILIES for edit in family):
        if edit.id in edits:
            raise CatalogueError(f"two faults are called {edit.id}")
        edits[edit.id] = edit
    return tuple(edits.values())
