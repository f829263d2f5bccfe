"""HTML by construction: elements are made of text, which is escaped, and of elements, which are not.

The one rule: a `str` is text and nothing else can be; only what this module returned is passed on unescaped. Characters
that cannot be seen are shown as escapes, marked as such.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TypeAlias

from conformance.report.text import pieces, visible

_VOID = {"meta", "input"}


class Markup:
    """A finished piece of HTML."""

    __slots__ = ("html",)

    def __init__(self, markup: str) -> None:
        self.html = markup


Child: TypeAlias = "str | int | Markup | Iterable[Child] | None"


def el(tag: str, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """One element. `cls` is `class` and `_` is `-`; True is an attribute without a value, None and False are none."""
    opening = "".join([tag, *(_attribute(name, value) for name, value in attributes.items())])
    if tag in _VOID:
        return Markup(f"<{opening}>")
    return Markup(f"<{opening}>{join(children)}</{tag}>")


def fragment(*children: Child) -> Markup:
    """Several pieces in a row, with nothing around them."""
    return Markup(join(children))


def join(children: Iterable[Child]) -> str:
    """The HTML of children of any kind."""
    return "".join(_child(child) for child in children)


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child.html
    if isinstance(child, str):
        return text(child)
    return f"{child:,}" if isinstance(child, int) else join(child)


def text(content: str) -> str:
    """Text, escaped; unseen characters as marked escapes."""
    return "".join(
        f'<span class="unseen">{piece}</span>' if unseen else html.escape(piece, quote=False)
        for piece, unseen in pieces(content)
    )


def _attribute(name: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    written = {"cls": "class"}.get(name, name.replace("_", "-"))
    return f" {written}" if value is True else f' {written}="{html.escape(visible(str(value)))}"'
