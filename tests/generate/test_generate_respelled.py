"""Spellings of what was spent: a reader that forgives finds what was there, a strict one finds another text."""

from __future__ import annotations

import base64
import binascii

import pytest

from conformance.codec.jose import Compact
from conformance.errors import DecodeError
from conformance.generate import respelled
from conformance.generate.join import JoinDraft, render
from conformance.generate.measure import measured

JWE = "eyJhbGciOiJSU0EtT0FFUC0yNTYifQ.AAEC.AwQF.BgcI.CQoLDA0ODxAREhMUFRYXGA"
OF_JWE = base64.b64encode(JWE.encode()).decode()
PADDED = base64.b64encode(b"a nonce\xff\xfe\xfb of somebody").decode()
WHOLE = base64.b64encode(b"twelve octet").decode()
JWS = "eyJhbGciOiJSUzI1NiJ9.e30." + base64.urlsafe_b64encode(bytes(range(256))).decode().rstrip("=")


def leniently(text: str) -> bytes:
    letters = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))


def spelled(nonce: str) -> dict[str, str]:
    draft = JoinDraft.baseline().with_nonce(nonce)
    return {name: str(render(edit.apply(draft)).csr.nonce) for name, edit in respelled.nonces(nonce).items()}


@pytest.mark.parametrize("nonce", [OF_JWE, PADDED, WHOLE, "no base64 at all!"])
def test_every_spelling_of_a_nonce_is_another_request(nonce: str) -> None:
    draft = JoinDraft.baseline().with_nonce(nonce)
    plain = render(draft).csr_der
    made = [render(edit.apply(draft)).csr_der for edit in respelled.nonces(nonce).values()]
    assert len({plain, *made}) == len(made) + 1
    assert all(measured(edit, draft).offset is not None for edit in respelled.nonces(nonce).values())


@pytest.mark.parametrize("nonce", [OF_JWE, PADDED, WHOLE])
def test_a_spelling_of_a_nonce_means_the_same(nonce: str) -> None:
    for name, text in spelled(nonce).items():
        if name == "spare-bits-inside":
            assert leniently(text) != leniently(nonce)
            before, after = (leniently(one).decode().split(".") for one in (nonce, text))
            assert before[:-1] == after[:-1]
            assert leniently(before[-1]) == leniently(after[-1])
        else:
            assert leniently(text) == leniently(nonce)


def test_only_what_a_nonce_has_is_spelled_anew() -> None:
    tags = {"printable-string", "ia5-string", "octet-string", "bare"}
    assert respelled.nonces(WHOLE).keys() == {"padded", "line-feed", "space", *tags}
    padded = {"spare-bits", "unpadded", "padded", "line-feed", "space", "url-alphabet", *tags}
    assert respelled.nonces(PADDED).keys() == padded
    assert "spare-bits-inside" in respelled.nonces(OF_JWE)


@pytest.mark.parametrize("nonce", [OF_JWE, PADDED, WHOLE, "-", ""])
def test_a_nonce_of_nobody_is_another(nonce: str) -> None:
    assert respelled.another(nonce) != nonce


def test_a_nonce_of_nobody_is_spelled_like_the_one_it_is_made_of() -> None:
    assert respelled.nonces(respelled.another(OF_JWE)).keys() == respelled.nonces(OF_JWE).keys()
    assert Compact.decode(base64.b64decode(respelled.another(OF_JWE)).decode()).kind == "JWE"


def test_a_challenge_is_spelled_anew_in_its_signature_alone() -> None:
    draft = JoinDraft.baseline().with_challenge(JWS)
    texts = [render(edit.apply(draft)).document["PreAuthorizedJoinChallenge"] for edit in respelled.challenges(JWS)]
    assert len({JWS, *texts}) == 4
    for text in texts:
        assert text.rpartition(".")[0] == JWS.rpartition(".")[0]
        assert leniently(text.rpartition(".")[2]) == bytes(range(256))
        with pytest.raises(DecodeError):
            Compact.decode(text)


@pytest.mark.parametrize("challenge", ["word", "a.b", "a.b.", JWE])
def test_what_is_no_signed_challenge_is_not_spelled_anew(challenge: str) -> None:
    assert list(respelled.challenges(challenge)) == []
