"""How deep the negative cases of a run reach: the layer in which the first wrong thing of each sits.

The one rule: a case counts at one layer only, and what stands further in is right; a server that reads no further than
that layer can refuse it. From `der` on a server has to read octets, not text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OUTER: Final = ("http", "token", "json-text", "json-value", "base64")
INNER: Final = ("der", "attestation", "blob-header", "blob-body", "cri", "spki")
ORDER: Final = (*OUTER, *INNER)
"""The layers from the outside in, as edits and cases name them."""


def in_order(layers: Mapping[str, int]) -> dict[str, int]:
    """The counts from the outside in; a layer of another version comes last."""
    return {name: layers[name] for name in sorted(layers, key=_place)}


def deep(layers: Mapping[str, int]) -> int:
    """How many of the cases have their fault in the octets of DER, or deeper."""
    return sum(number for name, number in layers.items() if name in INNER)


def _place(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)
