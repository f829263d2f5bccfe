"""What takes long: the deep profile beside its replay, once, and a hundred times the cases of quick."""

from __future__ import annotations

from typing import Any

from bench import growth, replay
from bench.parts import How

_FACTOR = 100


def measure(how: How) -> dict[str, Any]:
    """Both; in short, the quick profile and three times the cases stand in for them."""
    profile, factor = ("quick", 3) if how.short else ("deep", _FACTOR)
    beside = replay.measured([replay.turns(how, profile, 1)])
    grown = growth.measured(how, factor)
    return {**beside, **grown, "figures": [*beside["figures"], *grown["figures"]]}
