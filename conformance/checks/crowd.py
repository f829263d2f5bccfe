"""Answers that came together: whether each is its own request's, and which of them say that the target is busy.

The one rule: an answer is mixed up only where it shows what is another request's of the same crowd; one that is wrong
all by itself is for the checks of one answer to tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from conformance.checks import join_answer
from conformance.checks.again import recorded
from conformance.checks.certificate import same_key
from conformance.checks.formats import shown
from conformance.checks.join_answer import Asked
from conformance.checks.judgement import Judgement, Notes
from conformance.exchange import Exchange

OWN: Final = "device/at-once-own-answer"
_BUSY: Final = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


def busy(exchange: Exchange) -> bool:
    """Whether the answer says that the target has too much to do (RFC 6585 4, RFC 9110 15.6.4), which is its right."""
    return exchange.answer is not None and exchange.answer.status in _BUSY


@recorded
def own(exchange: Exchange, asked: Asked, others: Sequence[Asked]) -> Judgement:
    """Whether a join answer is of its own request: its key, and its user, and not those of another in the crowd."""
    notes = Notes()
    certificate = join_answer.certificate_of(exchange)
    if certificate is not None and not same_key(certificate.public_key, asked.key):
        mixed = any(same_key(certificate.public_key, other.key) for other in others)
        notes.hold(OWN, not mixed, "certifies the key of another request that was under way", "/Certificate/RawBody")
    elif certificate is not None:
        notes.hold(OWN, True, "")
    named = join_answer.text(join_answer.members(exchange), "User", "Upn")
    if named and asked.upn and named.casefold() != asked.upn.casefold():
        mixed = any(named.casefold() == (other.upn or "").casefold() for other in others)
        problem = f"is {shown(named)}, the user of another request that was under way"
        notes.hold(OWN, not mixed, problem, "/User/Upn")
    return notes.judgement()
