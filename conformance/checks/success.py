"""What a success looks like from outside, for discovery (3.1) and the nonce service (3.2): 200 OK.

The one rule: only an answer that claims success is held to its form. What was refused, or got no answer, is for
the case that asks whether the request was accepted.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from conformance.checks import json_text
from conformance.checks.judgement import Judgement, Notes
from conformance.exchange import Exchange

_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT}


def judge(exchange: Exchange, slug: str) -> tuple[dict[str, Any] | None, Judgement]:
    """The object an answer holds, None where it holds none; `slug/status` and what `json_text` judges."""
    notes = Notes()
    answer = exchange.answer
    if answer is None or answer.status >= HTTPStatus.BAD_REQUEST:
        return None, notes.judgement()
    notes.hold(f"{slug}/status", answer.status == HTTPStatus.OK, f"answered {answer.status} instead of 200", "status")
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES or answer.status in _BODILESS:
        return None, notes.judgement()
    value, judgement = json_text.judge(answer, slug)
    notes.take(judgement)
    return value, notes.judgement()
