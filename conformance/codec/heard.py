"""What a reading tells whoever listens: each part as it is read, those before a fault too.

The one rule: a dissection is the codec's own reading, overheard; nothing reads a structure a second way to show it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Heard(NamedTuple):
    """One part: where, how deep, what it is called, its octets, and its value.

    A part that holds parts has only its own head as `octets`, so that all octets heard, in a row, are the structure.
    `value` is None where the part is cut off; `octets` is then what there is of it.
    """

    offset: int
    depth: int
    field: str
    octets: bytes
    value: object


Listener = Callable[[Heard], None]


def nobody(_: Heard) -> None:
    """Hear nothing."""
