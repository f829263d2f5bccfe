"""A request that was sent, with a fresh nonce: octet by octet what it would be, had it been made with that nonce."""

from __future__ import annotations

import base64

import pytest

from conformance.client import chunk
from conformance.generate import keys
from conformance.generate.faults import faults
from conformance.generate.join import JoinDraft, render
from conformance.generate.renewal import NotRenewableError, has_nonce, renewed

OLD = base64.b64encode(b"the nonce of then" * 30).decode()
NEW = base64.b64encode(b"and another nonce" * 30).decode()
LONGER = NEW + "QUJDREVGR0hJ"
DRAFT = JoinDraft.baseline(3)


def edit(name: str) -> tuple[JoinDraft, str]:
    requirement, _, fault = name.rpartition("/")
    (found,) = (one for one in faults(requirement) if one.name == fault)
    return found.apply(DRAFT), requirement


def sent(draft: JoinDraft, nonce: str) -> bytes:
    return render(draft.with_nonce(nonce)).text


@pytest.mark.parametrize("nonce", [NEW, LONGER], ids=["as-long", "longer"])
@pytest.mark.parametrize(
    "fault",
    [
        "join-request/transport-key-magic/elliptic",
        "join-request/csr-cn/after-nul",
        "join-request/csr-key-size/rsa-1024",
        "join-request/csr-key-algorithm/p-256",
        "join-request/csr-signature-algorithm/sha-1",
        "join-request/csr-signature/last-bit",
        "join-request/csr-signature/cut-short",
        "join-request/csr-signature/leading-zero",
        "join-request/csr-signature/tail",
        "join-request/csr-signature/zero",
        "join-request/csr-signature/by-another-key",
        "join-request/csr-trailing/zero-octet",
        "join-request/csr-base64-canonical/padding-too-long",
        "join-request/csr-base64-canonical/padding-other",
        "join-request/csr-base64-canonical/line-feed-behind",
        "processing/json-tail/brace",
    ],
)
def test_what_was_wrong_stays_wrong_and_nothing_else_becomes_it(fault: str, nonce: str) -> None:
    draft, requirement = edit(fault)
    unsigned = requirement == "join-request/csr-signature"
    assert renewed(sent(draft, OLD), nonce, unsigned=unsigned) == sent(draft, nonce)


@pytest.mark.parametrize(
    "fault",
    [
        "join-request/csr-base64/foreign-character",
        "join-request/csr-base64/url-alphabet",
        "join-request/csr-base64-canonical/crlf",
        "join-request/csr-base64-canonical/space-within",
        "join-request/csr-der/info-long-length",
    ],
)
def test_a_nonce_that_is_as_long_goes_into_its_place(fault: str) -> None:
    draft, _ = edit(fault)
    assert renewed(sent(draft, OLD), NEW) == sent(draft, NEW)


def test_a_key_of_two_keys_primes_signs_again() -> None:
    draft = DRAFT.with_key(keys.paired(1983))
    assert renewed(sent(draft, OLD), NEW) == sent(draft, NEW)


def test_chunks_keep_their_sizes() -> None:
    def chunked(body: bytes) -> bytes:
        cut = [body[:90], body[90:91], body[91:700], body[700:]]
        return b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(map(chunk, [*cut, b""]))

    assert renewed(chunked(sent(DRAFT, OLD)), NEW) == chunked(sent(DRAFT, NEW))


@pytest.mark.parametrize(
    ("fault", "nonce", "why"),
    [
        ("join-request/csr-structure/cut-in-half", NEW, "its certificate request cannot be taken apart"),
        ("join-request/csr-trailing/twice", NEW, "its certificate request has more nonces than one"),
        ("processing/json-tail/twice", NEW, "its certificate request is not there once, in plain base64"),
        ("join-request/csr-key-valid/exponent-one", NEW, "the signature of its certificate request was made in a way"),
        (
            "join-request/csr-der/info-long-length",
            LONGER,
            "the fresh nonce is not as long as the old one, and a length",
        ),
        (
            "join-request/csr-base64-canonical/crlf",
            LONGER,
            "the fresh nonce is not as long as the old one, whose base6",
        ),
    ],
)
def test_what_cannot_be_renewed_says_why(fault: str, nonce: str, why: str) -> None:
    with pytest.raises(NotRenewableError) as caught:
        renewed(sent(edit(fault)[0], OLD), nonce)
    assert str(caught.value).startswith(why)


def test_what_has_no_nonce_is_told() -> None:
    assert has_nonce(sent(DRAFT, OLD))
    assert not has_nonce(render(DRAFT).text)
    assert not has_nonce(b'{"Data": "MII"}')
