"""How long Hypothesis may look for a smaller example: against a failing target every attempt is a request, or several.

The one rule: what failed once fails again, without asking the target, and after so many attempts the smallest found so
far is good enough. A failing target costs about as much as a right one, and the report still shows a small example.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import pytest
from _pytest.outcomes import Skipped

from conformance.kit import Case, CheckFailed
from conformance.plugin.corpus import Came, Corpus, current, keyed

ATTEMPTS: Final = 80  # behind the first failure; a profile of more examples may spend as many
_ORIGINAL: Final = "drs_inner_test"
Function = Callable[..., Any]


class _Enough(Skipped):
    """No more attempts. A kind of skip, since Hypothesis lets those through at once."""


def bounded(item: pytest.Function, case: Case) -> None:
    """Sees to it that the examples of a test of Hypothesis end; any other test is left alone."""
    hypothesis = getattr(item.obj, "hypothesis", None)
    if hypothesis is None:
        return
    inner = getattr(hypothesis, _ORIGINAL, hypothesis.inner_test)  # the same function may be a test many times
    setattr(hypothesis, _ORIGINAL, inner)
    failed: dict[str, CheckFailed] = {}
    if (corpus := current()) is not None:
        keyed(item.nodeid, item.obj)
        inner = _told(inner, corpus)
    hypothesis.inner_test = _counted(inner, failed, max(ATTEMPTS, case.session.profile.examples))
    item.obj = _ending(item.obj, failed)


def _told(inner: Function, corpus: Corpus) -> Function:
    """The function under `@given`; the shared database learns what came of each example."""

    @wraps(inner)
    def example(case: Case, **drawn: Any) -> None:
        corpus.came, before = Came.OPEN, case.ledger.passes
        try:
            inner(case=case, **drawn)
        except CheckFailed:
            corpus.came = Came.FAILED
            raise
        if case.ledger.passes > before:
            corpus.came = Came.HELD

    return example


def _counted(inner: Function, failed: dict[str, CheckFailed], attempts: int) -> Function:
    """The function under `@given`, which is called so many times behind its first failure, and then ends the search."""
    left = attempts

    @wraps(inner)
    def example(case: Case, **drawn: Any) -> None:
        nonlocal left
        if failed:
            if not left:
                raise _Enough
            left -= 1
        key = repr(drawn)
        if key in failed:
            raise failed[key]
        try:
            inner(case=case, **drawn)
        except CheckFailed as failure:
            failed[key] = failure
            raise

    return example


def _ending(test: Function, failed: dict[str, CheckFailed]) -> Function:
    """The whole test; a search that was ended fails with what was found last, which is the smallest."""

    @wraps(test)
    def ended(*args: Any, **named: Any) -> Any:
        try:
            return test(*args, **named)
        except _Enough:
            raise list(failed.values())[-1] from None

    return ended
