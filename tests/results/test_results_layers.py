"""The layers of negative cases: every one that an edit or a case can name has a place, from the outside in."""

from __future__ import annotations

import ast

from conformance.generate.edits import Layer
from conformance.kit.case import layer_word
from conformance.paths import SUITES
from conformance.results.layers import INNER, ORDER, deep, in_order


def test_every_layer_of_an_edit_has_a_place() -> None:
    assert {layer_word(layer) for layer in Layer} == set(ORDER) - {"token"}


def test_every_layer_that_a_case_names_has_a_place() -> None:
    named = {
        keyword.value.value
        for path in SUITES.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "layer" and isinstance(keyword.value, ast.Constant)
    }
    assert named
    assert named <= set(ORDER)


def test_octets_are_deep_and_texts_are_not() -> None:
    assert deep(dict.fromkeys(ORDER, 1)) == len(INNER)
    assert deep({"base64": 7, "der": 2, "spki": 1}) == 3
    assert deep({}) == 0


def test_layers_are_counted_from_the_outside_in() -> None:
    counted = {"spki": 1, "future": 2, "der": 3, "http": 4, "another": 5}
    assert list(in_order(counted).items()) == [("http", 4), ("der", 3), ("spki", 1), ("another", 5), ("future", 2)]
