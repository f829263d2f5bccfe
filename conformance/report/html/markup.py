"""Pieces of HTML that code lays out, bodies and octets: elements are made of text, which is escaped, and of elements.

The one rule: a `str` is text and nothing else can be; only `Markup` is passed on unescaped. Characters that cannot be
seen are shown as escapes, marked as such.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from markupsafe import Markup, escape

from conformance.report.text import pieces, visible

_VOID = {"meta", "input"}
_PARTS = 60  # of a text, seen and unseen; the marks of more would be longer than the text

Child: TypeAlias = "str | int | Markup | Iterable[Child] | None"


def el(tag: str, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """One element. `cls` is `class` and `_` is `-`; True is an attribute without a value, None and False are none."""
    opening = "".join([tag, *(_attribute(name, value) for name, value in attributes.items())])
    if tag in _VOID:
        return Markup(f"<{opening}>")  # noqa: S704 (made of escaped pieces)
    return Markup(f"<{opening}>{join(children)}</{tag}>")  # noqa: S704


def fragment(*children: Child) -> Markup:
    """Several pieces in a row, with nothing around them."""
    return join(children)


def join(children: Iterable[Child]) -> Markup:
    """Children of any kind in a row."""
    return Markup("".join(_child(child) for child in children))  # noqa: S704


def text(content: str) -> Markup:
    """Text, escaped; runs of unseen characters as marked escapes, or, where there are many, as escapes alone."""
    parts = list(pieces(content))
    if len(parts) > _PARTS:
        return escape(visible(content))
    return Markup("").join(
        Markup('<span class="unseen">{}</span>').format(piece) if unseen else escape(piece) for piece, unseen in parts
    )


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return text(child)
    return f"{child:,}" if isinstance(child, int) else join(child)


def _attribute(name: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    written = {"cls": "class"}.get(name, name.replace("_", "-"))
    return f" {written}" if value is True else f' {written}="{escape(visible(str(value)))}"'
