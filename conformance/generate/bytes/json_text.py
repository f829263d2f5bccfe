"""The document's text cut at every point where one of its parts ends and another begins (RFC 8259 2).

The one rule: the text is walked, not its octets: a cut falls between two tokens, or behind or before a quotation mark.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from conformance.generate.bytes.mutation import Family, Mutation
from conformance.generate.edits import DOCUMENT, Layer
from conformance.generate.join import Rendering

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def cuts(model: Rendering) -> Family:
    """The text cut at every such point, before its first character among them."""
    return Family("json-cut", len(_points(model.text)), _cut)


def _cut(index: int) -> Mutation:
    def change(text: bytes) -> bytes:
        points = _points(text)
        return text[: points[index % len(points)]]

    title = f"The text ends at point {index} of those where one of its parts ends and another begins."
    return Mutation.of(Layer.JSON_TEXT, DOCUMENT, f"cut-at-point-{index}", title, change)


@lru_cache(maxsize=4)
def _points(text: bytes) -> tuple[int, ...]:
    """Where tokens begin and end, and where the characters of a text do; all before the end of the document."""
    found = {0}
    for token in _TOKEN.finditer(text):
        found |= {token.start(), token.end()}
        if token.group().startswith(b'"'):
            found |= {token.start() + 1, token.end() - 1}
    return tuple(sorted(found - {len(text)}))
