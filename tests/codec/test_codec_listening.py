"""A structure reads the same whether or not somebody listens: the usual is read in a shorter way when nobody does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.codec_golden import golden
from conformance.codec import der, pkcs10
from conformance.errors import DecodeError

REQUESTS = [data for kind, data in golden().values() if kind == "request"]


def both(data: bytes, *, strict: bool = True) -> list[object]:
    """What is read while nobody listens, and while somebody does; the offset of the fault where it is none."""
    found: list[object] = []
    for cursor in (
        der.Cursor(data, "request", strict=strict),
        der.Cursor(data, "request", strict=strict, listen=lambda _: None),
    ):
        try:
            found.append(repr(pkcs10.read(cursor)))  # offsets and all
        except DecodeError:
            found.append(None)
    return found


@pytest.mark.parametrize("data", REQUESTS)
def test_what_is_whole_reads_the_same(data: bytes) -> None:
    quiet, overheard = both(data)
    assert quiet is not None
    assert quiet == overheard


@given(st.data(), st.booleans())
def test_what_is_altered_reads_the_same(data: st.DataObject, strict: bool) -> None:
    octets = data.draw(st.sampled_from(REQUESTS))
    place = data.draw(st.integers(0, len(octets) - 1))
    cut, put = data.draw(st.integers(0, 2)), data.draw(st.binary(max_size=2))
    quiet, overheard = both(octets[:place] + put + octets[place + cut :], strict=strict)
    assert quiet == overheard
