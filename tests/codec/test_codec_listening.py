"""A structure reads the same whether or not somebody listens: the usual is read in a shorter way when nobody does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codec.codec_golden import golden
from conformance.codec import der, pkcs10
from conformance.codec.heard import Heard, Listener, nobody
from conformance.errors import DecodeError

REQUESTS = [data for kind, data in golden().values() if kind == "request"]


def both(data: bytes, *, strict: bool = True) -> list[str | None]:
    """What is read while nobody listens, and while somebody does, offsets and all; None where it is no request.

    Who listens hears of an element that is cut off, and reads what there is of it, where nobody else is given any.
    """
    heard: list[Heard] = []
    quiet, overheard = _read(data, strict, nobody), _read(data, strict, heard.append)
    cut = any(isinstance(one.value, der.Element) and one.value.missing for one in heard)
    return [quiet, None if cut else overheard]


def _read(data: bytes, strict: bool, listen: Listener) -> str | None:
    try:
        return repr(pkcs10.read(der.Cursor(data, "request", strict=strict, listen=listen)))
    except DecodeError:
        return None


@pytest.mark.parametrize("data", REQUESTS)
def test_what_is_whole_reads_the_same(data: bytes) -> None:
    quiet, overheard = both(data)
    assert quiet is not None
    assert quiet == overheard


@given(st.data(), st.booleans())
@settings(max_examples=500)
def test_what_is_altered_reads_the_same(data: st.DataObject, strict: bool) -> None:
    octets = data.draw(st.sampled_from(REQUESTS))
    place = data.draw(st.integers(0, len(octets) - 1))
    cut, put = data.draw(st.integers(0, 2)), data.draw(st.binary(max_size=2))
    quiet, overheard = both(octets[:place] + put + octets[place + cut :], strict=strict)
    assert quiet == overheard
