"""Whatever the bytes: a record or a DecodeError that names structure, offset and problem, and nothing else.

Golden bytes are fed whole, cut at every octet, with a tail, and with one octet changed anywhere; random bytes besides.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.codec_golden import DECODERS, attempt, golden
from conformance.codec import der, extension, name, x509
from conformance.codec.pkcs10 import CertificationRequest
from conformance.codec.x509 import Certificate

GOLDEN = golden()


def deepen(record: Any) -> None:
    """Whatever a record reads only when asked."""
    if isinstance(record, CertificationRequest):
        attempt(lambda: record.extensions)
        attempt(record.info.public_key.rsa)
        for part in name.common_names(record.info.subject):
            attempt(partial(getattr, part, "text"))
    if isinstance(record, Certificate):
        attempt(partial(x509.private_extensions, record))
        attempt(record.public_key.rsa)
        assert len(record.thumbprint) == 40
        for one in record.extensions:
            for read in (extension.basic_constraints, extension.key_usage, extension.extended_key_usage):
                attempt(partial(read, one))


def feed(kind: str, data: bytes) -> Any:
    record, error = attempt(lambda: DECODERS[kind](data))
    assert error is None or 0 <= error.offset <= len(data)
    if kind in ("request", "certificate"):
        lenient = {"request": CertificationRequest.decode, "certificate": Certificate.decode}[kind]
        loose, _ = attempt(lambda: lenient(data, strict=False))
        assert record is None or loose == record, "lenient reads whatever strict reads, and the same"
        deepen(loose)
    if record is not None:
        deepen(record)
        if hasattr(record, "encode"):
            assert record.encode() == data
    return record


@pytest.mark.parametrize("title", GOLDEN)
def test_whole(title: str) -> None:
    assert feed(*GOLDEN[title]) is not None


@pytest.mark.parametrize("title", GOLDEN)
def test_cut_at_every_octet(title: str) -> None:
    """A blob is whole as soon as its header is; nothing else is whole before its last octet."""
    kind, data = GOLDEN[title]
    whole = 24 if kind == "blob" else len(data)
    for size in range(len(data)):
        assert (feed(kind, data[:size]) is None) == (size < whole), size


@pytest.mark.parametrize("title", GOLDEN)
def test_with_a_tail(title: str) -> None:
    kind, data = GOLDEN[title]
    for tail in (b"\0", b"\x05\x00", data):
        record = feed(kind, data + tail)
        if kind == "blob":
            assert record.tail == tail
        else:
            assert record is None


@pytest.mark.parametrize("title", GOLDEN)
@given(data=st.data())
def test_one_octet_changed(title: str, data: st.DataObject) -> None:
    kind, octets = GOLDEN[title]
    position = data.draw(st.integers(0, len(octets) - 1))
    value = data.draw(st.integers(0, 255))
    feed(kind, octets[:position] + bytes([value]) + octets[position + 1 :])


@pytest.mark.parametrize("kind", DECODERS)
@given(data=st.binary(max_size=120))
def test_random_octets(kind: str, data: bytes) -> None:
    feed(kind, data)


TREES: st.SearchStrategy[bytes] = st.recursive(
    st.tuples(st.sampled_from((1, 2, 3, 4, 5, 6, 0x0C, 0x13, 0x17)), st.binary(max_size=8)).map(
        lambda it: der.tlv(*it)
    ),
    lambda inner: st.tuples(st.sampled_from((0x30, 0x31, 0xA0, 0xA3)), st.lists(inner, max_size=5).map(b"".join)).map(
        lambda it: der.tlv(*it)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("kind", ["request", "certificate"])
@given(data=TREES)
def test_well_formed_der_of_any_shape(kind: str, data: bytes) -> None:
    feed(kind, data)


@pytest.mark.parametrize("kind", ["request", "certificate"])
def test_nesting_deeper_than_the_stack(kind: str) -> None:
    data = b"\x30\x80" * 500_000
    assert feed(kind, data) is None
    nested = b""
    for _ in range(3000):
        nested = der.tlv(0x30, nested)
    assert feed(kind, nested) is None
