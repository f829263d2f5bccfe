"""Each fault of a certificate request breaks what it says, and everything around it is right: read by `cryptography`.

The codec of the project is used only for what `cryptography` cannot say, and `signed` verifies over the octets as sent.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from conformance.codec import CSR_CN, NONCE_OID, der
from conformance.codec.pkcs10 import CertificationRequest
from conformance.errors import DecodeError
from conformance.generate import keys, respelled
from conformance.generate.edits import Edit
from conformance.generate.faults import faults
from conformance.generate.join import JoinDraft, render

DRAFT: Final = JoinDraft.baseline(4).with_nonce("ZXlKaGJHY2lPaUpT" * 20)
BASELINE: Final = render(DRAFT).csr_der
DIGESTS: Final[dict[str, hashes.HashAlgorithm]] = {
    "md5": hashes.MD5(),
    "sha-1": hashes.SHA1(),
    "sha-224": hashes.SHA224(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}


def parts(octets: bytes) -> tuple[bytes, bytes, bytes]:
    """The octets of info, of the algorithm's element and of the signature, whatever is in them."""
    info, algorithm, signature = der.exact(octets, "request", strict=False).children()
    return info.raw, algorithm.raw, signature.content[1:]


def is_signed(octets: bytes, public: rsa.RSAPublicKey, digest: hashes.HashAlgorithm | None = None) -> bool:
    info, _, signature = parts(octets)
    try:
        public.verify(signature, info, padding.PKCS1v15(), digest or hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def own_key() -> rsa.RSAPublicKey:
    public = load_der_public_key(DRAFT.csr.key.spki_der)
    assert isinstance(public, rsa.RSAPublicKey)
    return public


def common_names(request: x509.CertificateSigningRequest) -> list[str | bytes]:
    return [attribute.value for attribute in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]


def wrong_size(octets: bytes, _edit: Edit) -> None:
    request = x509.load_der_x509_csr(octets)
    public = request.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size != 2048
    assert request.is_signature_valid
    assert request.signature_algorithm_oid == SignatureAlgorithmOID.RSA_WITH_SHA256
    assert common_names(request) == [CSR_CN]


def wrong_algorithm_of_key(octets: bytes, _edit: Edit) -> None:
    request = x509.load_der_x509_csr(octets)
    assert isinstance(request.public_key(), ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey)
    assert request.is_signature_valid
    assert common_names(request) == [CSR_CN]


def wrong_algorithm_of_signature(octets: bytes, edit: Edit) -> None:
    request = x509.load_der_x509_csr(octets)
    assert request.signature_algorithm_oid != SignatureAlgorithmOID.RSA_WITH_SHA256
    assert parts(octets)[0] == parts(BASELINE)[0]
    if edit.name.startswith("pss"):
        assert request.is_signature_valid
    else:
        assert is_signed(octets, own_key(), DIGESTS[edit.name])


def wrong_signature(octets: bytes, _edit: Edit) -> None:
    info, algorithm, _ = parts(octets)
    assert (info, algorithm) == parts(BASELINE)[:2]
    assert not is_signed(octets, own_key())


def wrong_name(octets: bytes, edit: Edit) -> None:
    if edit.name == "empty":  # an empty CN is more than cryptography loads
        request = CertificationRequest.decode(octets)
        assert [part.value for rdn in request.info.subject for part in rdn] == [b""]
    else:
        assert CSR_CN not in common_names(x509.load_der_x509_csr(octets))
    assert is_signed(octets, own_key())


def wrong_version(octets: bytes, _edit: Edit) -> None:
    assert CertificationRequest.decode(octets).info.version != 0
    assert is_signed(octets, own_key())


def wrong_key(octets: bytes, edit: Edit) -> None:
    request = CertificationRequest.decode(octets)
    modulus, exponent = request.info.public_key.rsa()
    if edit.name == "modulus-negative":
        assert modulus < 0
        assert modulus % 2**2048 == own_key().public_numbers().n
        assert is_signed(octets, own_key())
    elif edit.name == "modulus-zero":
        assert (modulus, exponent) == (0, own_key().public_numbers().e)
    else:
        info, _, signature = parts(octets)
        assert exponent == 1 or modulus % 2 == 0
        assert modulus.bit_length() == 2048
        block = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(256, "big")
        assert block.startswith(b"\x00\x01" + b"\xff" * 202 + b"\x00\x30")
        assert block.endswith(b"\x04\x20" + sha256(info).digest())


def wrong_nonce(octets: bytes, _edit: Edit) -> None:
    request = x509.load_der_x509_csr(octets)
    (extension,) = request.extensions
    assert extension.oid.dotted_string == NONCE_OID
    assert request.is_signature_valid
    assert common_names(request) == [CSR_CN]


def no_request(octets: bytes, _edit: Edit) -> None:
    with pytest.raises(DecodeError):
        CertificationRequest.decode(octets, strict=False)
    with pytest.raises(ValueError, match=r"error parsing|ParseError|could not|Invalid"):
        x509.load_der_x509_csr(octets)


def no_end(octets: bytes, _edit: Edit) -> None:
    end = der.read(octets, "request").end
    assert octets[:end] == BASELINE
    assert octets[end:]


def no_der(octets: bytes, edit: Edit) -> None:
    with pytest.raises(DecodeError):
        CertificationRequest.decode(octets, strict=True)
    if "indefinite" not in edit.name:  # no reader of ours takes those
        assert is_signed(octets, own_key())


ORACLES: Final[dict[str, Callable[[bytes, Edit], None]]] = {
    "key-size": wrong_size,
    "key-algorithm": wrong_algorithm_of_key,
    "key-valid": wrong_key,
    "signature-algorithm": wrong_algorithm_of_signature,
    "signature": wrong_signature,
    "cn": wrong_name,
    "version": wrong_version,
    "nonce-foreign": wrong_nonce,
    "structure": no_request,
    "trailing": no_end,
    "der": no_der,
}


@pytest.mark.parametrize(
    "edit",
    [edit for words in ORACLES for edit in faults(f"join-request/csr-{words}") if edit.layer.name != "JSON_VALUE"],
    ids=lambda edit: edit.id,
)
def test_a_fault_breaks_what_it_says_and_nothing_else(edit: Edit) -> None:
    octets = render(edit.apply(DRAFT)).csr_der
    assert octets != BASELINE
    ORACLES[edit.requirement.removeprefix("join-request/csr-")](octets, edit)


@pytest.mark.parametrize("words", ORACLES)
def test_every_oracle_has_something_to_judge(words: str) -> None:
    assert faults(f"join-request/csr-{words}")


@pytest.mark.parametrize(
    "words", sorted(ORACLES.keys() - {"nonce-foreign"})
)  # foreign by its issuer, which octets do not show
def test_no_oracle_takes_the_baseline_for_a_fault(words: str) -> None:
    edit = faults(f"join-request/csr-{words}")[-1]
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        ORACLES[words](BASELINE, edit)


def test_a_changed_nonce_is_another_text_of_the_same_length() -> None:
    changed = render(faults("join-request/csr-nonce-foreign")[1].apply(DRAFT)).csr.nonce
    assert changed is not None
    assert DRAFT.csr.nonce is not None
    assert sum(a != b for a, b in zip(changed, DRAFT.csr.nonce, strict=True)) == 1


@pytest.mark.parametrize("nonce", ["0123456789abcdefa123456789abcdef", "0123456789ABCDEFA123456789ABCDEF"])
def test_a_changed_nonce_is_another_number_where_it_is_one_in_hexadecimal(nonce: str) -> None:
    for edit in faults("join-request/csr-nonce-foreign"):
        changed = render(edit.apply(DRAFT.with_nonce(nonce))).csr.nonce
        assert changed is not None
        assert changed.lower() != nonce.lower(), edit.name
    assert respelled.another(nonce).lower() != nonce.lower()


def test_the_signature_by_another_key_is_right_for_that_key() -> None:
    edit = next(edit for edit in faults("join-request/csr-signature") if edit.name == "by-another-key")
    octets = render(edit.apply(DRAFT)).csr_der
    others = [load_der_public_key(key.spki_der) for key in keys.pool() if key != DRAFT.csr.key]
    assert any(is_signed(octets, other) for other in others if isinstance(other, rsa.RSAPublicKey))
