"""index.html, the report to read: of one run, or of several side by side."""

from __future__ import annotations

from conformance.report.html.page import render

__all__ = ["render"]
