"""What a test is called in the stream, and which section of the document it is about."""

from __future__ import annotations

import inspect

import pytest


def title(item: pytest.Item) -> str:
    """The first sentence of a test's docstring, with its parameter when it has one."""
    text = inspect.getdoc(getattr(item, "function", None)) or item.name
    callspec = getattr(item, "callspec", None)
    return text.split("\n\n")[0].replace("\n", " ") + (f" [{callspec.id}]" if callspec else "")


def section(item: pytest.Item) -> str:
    """The section of the document that a suite says it is about."""
    return str(getattr(getattr(item, "module", None), "SECTION", ""))
