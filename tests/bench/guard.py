"""The guard: ratios of this run beside the committed ones, and a warning for each that became worse.

The one rule: only ratios are compared, since those of another machine mean the same there.
"""

from __future__ import annotations

from collections.abc import Iterable

from bench.figures import Figure

TOLERANCE = 0.15  # of the committed ratio: what a quiet machine shows between two runs is less than half of it


def warnings(now: Iterable[Figure], committed: Iterable[Figure], tolerance: float = TOLERANCE) -> list[str]:
    """A sentence for each ratio that is worse than the committed one by more than the tolerance, or past its limit."""
    known = {figure.name: figure for figure in committed}
    said = []
    for figure in now:
        if not figure.ratio:
            continue
        before = known.get(figure.name)
        if before is not None and (worse := figure.worse_than(before)) > tolerance:
            said.append(
                f"{figure.name} is {figure.median:.2f}, {worse:.0%} worse than the committed {before.median:.2f} "
                f"(tolerated: {tolerance:.0%})"
            )
        if figure.limit is not None and not figure.within(figure.limit):
            said.append(f"{figure.name} is {figure.median:.2f}, past its limit of {figure.limit:g}")
    return said
