"""2.1.1.1.1: the request body, member by member and byte by byte.

Every refusing case is one edit of a conforming request, made at the layer it belongs to with everything around it
repaired; `conformance.generate.faults` holds them, the walk over `schemas/join-request` among them.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from conformance.generate.faults import covered, faults
from conformance.kit import Case, Twin, requirement

SECTION = "2.1.1.1.1"
PREFIX = "join-request/"
AT_PRECREATE = ("challenge-type", "challenge-structure", "challenge-signature", "challenge-unsigned")


def each(ids: Iterable[str]) -> list[object]:
    """A parameter per requirement, which the test then declares."""
    return [pytest.param(id_, id=id_.removeprefix(PREFIX), marks=requirement(id_)) for id_ in sorted(ids)]


JOIN = {id_ for id_ in covered() if id_.startswith(PREFIX) and id_.removeprefix(PREFIX) not in AT_PRECREATE}
PRECREATE = {id_ for id_ in covered() if id_.startswith(PREFIX)} - JOIN


@pytest.mark.parametrize("id_", each(JOIN))
def test_fault_is_refused(case: Case, id_: str) -> None:
    """A conforming join request with one edit that breaks this requirement and nothing else."""
    case.refuses(*case.sample(faults(id_)))


@pytest.mark.parametrize("id_", each(PRECREATE))
def test_fault_at_precreate_is_refused(case: Case, id_: str) -> None:
    """A conforming request to the PrecreateEndpoint with one edit of its challenge."""
    case.refuses(*case.sample(faults(id_)), twin=Twin.PRECREATE)
