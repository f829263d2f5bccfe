"""A failing target is not asked for ever: attempts behind the first failure are counted, and none is made twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.kit import Case, CheckFailed
from conformance.plugin.shrinking import ATTEMPTS, bounded

CASE = cast("Case", SimpleNamespace(session=SimpleNamespace(profile=SimpleNamespace(examples=5))))


def run(function: Any) -> None:
    """The function as the plugin has it run."""
    item = SimpleNamespace(obj=function)
    bounded(cast("pytest.Function", item), CASE)
    item.obj(case=CASE)


def test_the_examples_behind_a_failure_are_counted() -> None:
    sent: list[list[int]] = []

    @settings(max_examples=200, database=None, derandomize=True)  # the sums of a chance few stay below
    @given(numbers=st.lists(st.integers(0, 1_000_000), max_size=40))
    def asks(case: Case, numbers: list[int]) -> None:
        assert case is CASE
        sent.append(numbers)
        if sum(numbers) > 3_000_000 and len(set(numbers)) > 5:
            raise CheckFailed("the target broke")

    with pytest.raises(CheckFailed, match="the target broke"):
        run(asks)
    first = next(index for index, numbers in enumerate(sent) if sum(numbers) > 3_000_000 and len(set(numbers)) > 5)
    assert len(sent) - first - 1 <= ATTEMPTS
    assert len(set(map(tuple, sent[first:]))) == len(sent[first:])  # nothing is sent twice


def test_what_is_simple_is_still_shrunk_to_the_least() -> None:
    shown: list[int] = []

    @settings(max_examples=200, database=None)
    @given(number=st.integers(0, 10_000))
    def asks(case: Case, number: int) -> None:
        assert case is CASE
        if number >= 77:
            shown.append(number)
            raise CheckFailed("the target broke")

    with pytest.raises(CheckFailed, match="the target broke"):
        run(asks)
    assert min(shown) == 77


def test_each_case_begins_anew() -> None:
    sent: list[int] = []

    @settings(max_examples=30, database=None)
    @given(number=st.integers(0, 9))
    def asks(case: Case, number: int) -> None:
        assert case is CASE
        sent.append(number)
        raise CheckFailed("the target broke")

    for _ in range(2):
        sent.clear()
        with pytest.raises(CheckFailed, match="the target broke"):
            run(asks)
        assert sent


def test_what_hypothesis_does_not_draw_for_is_left_alone() -> None:
    def asks(case: Case) -> None:
        assert case is CASE
        raise CheckFailed("as it was")

    with pytest.raises(CheckFailed, match="as it was"):
        run(asks)
