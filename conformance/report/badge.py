"""badge.svg: the verdict in a line, for a README or a dashboard; one file that loads nothing.

The one rule: it says what results.json says, accepted failures too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from conformance.results import Verdict

if TYPE_CHECKING:
    from conformance.results import Results

_NAME = "MS-DRS"
_COLOURS = {Verdict.CONFORMANT: "#17663a", Verdict.NONCONFORMANT: "#a3261f", Verdict.INCOMPLETE: "#6b5900"}
_HEIGHT = 20
_LETTER = 6.6  # pixels: a letter of Verdana at 11 is this wide on average, and `textLength` sees to the rest
_MARGIN = 7


def render(results: Results) -> str:
    """The badge."""
    said = words(results)
    left, right = _width(_NAME), _width(said)
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(left + right),
            "height": str(_HEIGHT),
            "role": "img",
            "aria-label": f"{_NAME}: {said}",
        },
    )
    ET.SubElement(root, "title").text = f"{_NAME}: {said}"
    _part(root, _NAME, 0, left, "#3b4048")
    _part(root, said, left, right, _COLOURS[results.verdict])
    return ET.tostring(root, encoding="unicode") + "\n"


def words(results: Results) -> str:
    """The verdict, and how many failures of those the gate looks at are new and how many accepted."""
    accepted = sum(item.accepted is not None for item in results.failed)
    if results.verdict is Verdict.INCOMPLETE or not results.failed:
        return results.verdict.value
    parts = [(len(results.failed) - accepted, "failed"), (accepted, "accepted")]
    return f"{results.verdict.value}: {', '.join(f'{number} {word}' for number, word in parts if number)}"


def _width(text: str) -> int:
    return round(len(text) * _LETTER) + 2 * _MARGIN


def _part(root: ET.Element, text: str, start: int, width: int, colour: str) -> None:
    box = {"x": str(start), "width": str(width), "height": str(_HEIGHT), "fill": colour}
    ET.SubElement(root, "rect", box)
    told = {
        "x": str(start + _MARGIN),
        "y": "14",
        "fill": "#fff",
        "font-family": "Verdana,DejaVu Sans,sans-serif",
        "font-size": "11",
        "textLength": str(width - 2 * _MARGIN),
    }
    ET.SubElement(root, "text", told).text = text
