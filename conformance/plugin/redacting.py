"""The last look before anything is written down: no secret leaves the process in a record or in a report of pytest.

The one rule: exchanges come here free of secrets already; this is for everything else that may quote one: an exception
and its notes, local variables, what was printed, the short sight of an edit.
"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.client import Secrets


def redact_json(value: Any, secrets: Secrets) -> Any:
    """A JSON value with every secret in its texts replaced, its objects and arrays where they are: they may be large.

    Octets in base64 were redacted as octets before.
    """
    if isinstance(value, str):
        return secrets.redact_text(value)
    if isinstance(value, dict):
        value.update((key, redact_json(item, secrets)) for key, item in value.items() if key != "base64")
    if isinstance(value, list):
        value[:] = (redact_json(item, secrets) for item in value)
    return value


def redact_report(report: pytest.TestReport, secrets: Secrets) -> None:
    """A report of pytest with every secret in what it tells, and in what was captured, replaced."""
    if isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        report.longrepr = (path, line, secrets.redact_text(reason))
    elif report.longrepr is not None:
        told = report.longreprtext
        if (redacted := secrets.redact_text(told)) != told:
            report.longrepr = redacted
    report.sections = [(name, secrets.redact_text(content)) for name, content in report.sections]
