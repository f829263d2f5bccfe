"""What a test is called in Allure and in the stream: epic, feature (section), story (requirement), severity, link."""

from __future__ import annotations

import base64
import inspect
from typing import Any

import allure
import pytest

from conformance.exchange import Exchange
from conformance.kit.ledger import Ledger
from conformance.spec import catalogue

_DOCUMENT = "https://learn.microsoft.com/openspecs/windows_protocols/ms-drs/"
_SEVERITY = {"MUST": "critical", "SHOULD": "normal", "MAY": "minor"}
_SHOWN = 16_384
_KEPT = 3


def title(item: pytest.Item) -> str:
    """The first sentence of a test's docstring, with its parameter when it has one."""
    text = inspect.getdoc(getattr(item, "function", None)) or item.name
    callspec = getattr(item, "callspec", None)
    return text.split("\n\n")[0].replace("\n", " ") + (f" [{callspec.id}]" if callspec else "")


def section(item: pytest.Item) -> str:
    """The section of the document that a suite says it is about."""
    return str(getattr(getattr(item, "module", None), "SECTION", ""))


def add(item: pytest.Item, requirements: tuple[str, ...]) -> None:
    """Labels a test for Allure."""
    entries = [catalogue().requirements[id_] for id_ in requirements]
    label = pytest.mark.allure_label
    item.add_marker(label("MS-DRS", label_type="epic"))
    item.add_marker(label(_feature(section(item)), label_type="feature"))
    for id_ in requirements:
        item.add_marker(label(id_, label_type="story"))
    levels = [str(entry.level) for entry in entries]
    strictest = next(level for level in _SEVERITY if level in levels)
    item.add_marker(label(_SEVERITY[strictest], label_type="severity"))
    item.add_marker(pytest.mark.allure_link(_DOCUMENT, link_type="link", name=f"MS-DRS {section(item)}"))


def _feature(number: str) -> str:
    names = [found.title for found in catalogue().sections if found.number == number]
    return f"{number} {names[0]}" if names else number


def attach(ledger: Ledger) -> None:
    """Attaches request and answer of the first failures; what passed is attached as nothing."""
    failures = [evidence for outcome in ledger.outcomes() for evidence in outcome.failures]
    for evidence in failures[:_KEPT]:
        for name, exchange in (("sent", evidence.exchange), ("baseline", evidence.baseline)):
            if exchange is not None:
                allure.attach(_text(exchange), f"{name}: {evidence.problem[:80]}", allure.attachment_type.TEXT)


def _text(exchange: Exchange) -> str:
    request, answer = exchange.request, exchange.answer
    sent = [f"{request.method} {request.url}", *_headers(request.headers), "", _body(request.body)]
    if answer is None:
        assert exchange.failure is not None
        return "\n".join([*sent, "", f"no answer: {exchange.failure.message}"])
    return "\n".join(
        [*sent, "", f"{answer.http_version} {answer.status}", *_headers(answer.headers), "", _body(answer.body)]
    )


def _headers(headers: Any) -> list[str]:
    return [f"{name}: {value}" for name, value in headers]


def _body(data: bytes) -> str:
    cut = data[:_SHOWN]
    more = f"\n[{len(data) - _SHOWN} bytes more]" if len(data) > _SHOWN else ""
    try:
        return cut.decode() + more
    except UnicodeDecodeError:
        return "base64: " + base64.b64encode(cut).decode() + more
