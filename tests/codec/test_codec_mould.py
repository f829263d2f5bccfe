"""What is read by a mould, beside the long way of reading it: the same record or the same fault, octet for octet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.codec_golden import WINDOWS_LIKE_REQUEST, attempt
from conformance.codec import der, extension, pkcs10
from conformance.codec.pkcs10 import CertificationRequest
from conformance.codec.spki import RSA_ENCRYPTION, RSA_STRUCTURE, read_rsa
from conformance.errors import DecodeError

SIZE = len(WINDOWS_LIKE_REQUEST)
FIRST = CertificationRequest.decode(WINDOWS_LIKE_REQUEST)
NONCE = FIRST.extensions[0]


def told(request: CertificationRequest) -> str:
    """All that a request says, offsets too, and its extensions and its key."""
    return f"{request!r} {attempt(lambda: request.extensions)!r} {attempt(request.info.public_key.rsa)!r}"


def extensions_of(request: CertificationRequest) -> tuple[extension.Extension, ...]:
    found: list[extension.Extension] = []
    for one in request.info.attributes:
        walk = der.Cursor(b"".join(one.values), "extensionRequest", base=one.offset)
        while one.oid == pkcs10.EXTENSION_REQUEST and not walk.at_end:
            found += extension.read(walk, "extensions")
    return tuple(found)


def key_of(request: CertificationRequest) -> tuple[int, int]:
    own = request.info.public_key
    if own.algorithm.oid != RSA_ENCRYPTION:
        raise DecodeError(RSA_STRUCTURE, own.offset, f"the key's algorithm is {own.algorithm.oid}, not rsaEncryption")
    return read_rsa(der.Cursor(own.key, RSA_STRUCTURE, base=own.offset))


def the_long_way(data: bytes) -> tuple[str | None, DecodeError | None]:
    """The same of a request that is read element by element, its extensions and its key too."""

    def read() -> str:
        request = pkcs10.read(der.Cursor(data, pkcs10.STRUCTURE))
        return f"{request!r} {attempt(lambda: extensions_of(request))!r} {attempt(lambda: key_of(request))!r}"

    return attempt(read)


def keep_moulds() -> None:
    """Those of the request and of its extensions, whatever was read in between."""
    assert CertificationRequest.decode(WINDOWS_LIKE_REQUEST).extensions == (NONCE,)


def assert_read_alike(data: bytes) -> None:
    keep_moulds()
    for _ in range(2):  # the second time by a mould of its own, where it can be read
        assert repr(attempt(lambda: told(CertificationRequest.decode(data)))) == repr(the_long_way(data))


def changed(position: int, octet: int) -> bytes:
    return WINDOWS_LIKE_REQUEST[:position] + bytes([octet]) + WINDOWS_LIKE_REQUEST[position + 1 :]


def test_each_octet_changed_is_read_as_the_long_way_reads_it() -> None:
    wide = {FIRST.info.public_key.offset + 20, NONCE.offset + 10, SIZE - 10}  # deep in a hole one octet is like another
    for position, octet in enumerate(WINDOWS_LIKE_REQUEST):
        if not any(place < position < place + 200 for place in wide):
            for other in {octet ^ 1, octet ^ 0x80, 0, 0xFF} - {octet}:
                assert_read_alike(changed(position, other))


@given(st.integers(0, SIZE - 1), st.integers(0, 0xFF), st.sampled_from([b"", b"\0", b"\x30"]))
def test_any_octet_changed_is_read_as_the_long_way_reads_it(position: int, octet: int, tail: bytes) -> None:
    assert_read_alike(changed(position, octet) + tail)
    assert_read_alike(changed(position, octet)[: SIZE - len(tail)])


def test_a_request_like_one_before_is_read_by_its_mould(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_moulds()
    monkeypatch.setattr(pkcs10, "read", lambda _: pytest.fail("it was read in the long way"))
    monkeypatch.setattr(extension, "read", lambda *_: pytest.fail("its extensions were read in the long way"))
    own = bytearray(WINDOWS_LIKE_REQUEST)
    for place in (FIRST.info.public_key.offset + 9, NONCE.offset + 2, SIZE - 1):  # each device has its own of these
        own[place] ^= 1
    octets = bytes(own)
    request = CertificationRequest.decode(octets)
    (nonce,) = request.extensions
    assert (request.signature, nonce.offset) == (octets[-256:], NONCE.offset)
    assert nonce.value == octets[NONCE.offset : NONCE.offset + 67] != NONCE.value
    assert request.info.public_key.key == octets[80 + 5 : 355] != FIRST.info.public_key.key


def test_no_more_moulds_are_kept_than_memory_should_hold() -> None:
    moulds: der.Moulds[int] = der.Moulds()
    for size in range(200):
        moulds.keep(bytes(size), (), size)
        assert moulds.find(bytes(size)) == size
        assert sum(moulds.find(bytes(other)) is not None for other in range(200)) <= 64


def test_a_mould_compares_all_but_its_holes() -> None:
    moulds: der.Moulds[str] = der.Moulds()
    moulds.keep(b"abcdef", (slice(1, 2), slice(3, 5)), "kept")
    assert moulds.find(b"a.c..f") == "kept"
    assert [moulds.find(octets) for octets in (b".bcdef", b"ab.def", b"abcde.", b"abcde", b"abcdefg")] == [None] * 5
