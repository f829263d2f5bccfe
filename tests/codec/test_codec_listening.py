"""A structure reads the same whether or not somebody listens: the usual is read in a shorter way when nobody does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codec.codec_golden import NEGATIVE_SERIAL, WINDOWS_LIKE_REQUEST, attempt, golden, unmoved
from conformance.codec import der, name, pkcs10, spki, x509
from conformance.codec.heard import Heard, Listener, nobody
from conformance.codec.tpms import Attestation
from conformance.errors import DecodeError

GOLDEN = golden()
REQUESTS = [data for kind, data in GOLDEN.values() if kind == "request"]


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


def gone_into(data: bytes, tag: int, strict: bool, listen: Listener) -> str:
    """What there is within the second element, and where; or the fault."""
    walk = der.Cursor(data, "structure", base=100, strict=strict, listen=listen)
    walk.next("the first")

    def read() -> tuple[bytes, int, int]:
        inner = walk.into(tag, "the second")
        return inner.data, inner.offset, walk.offset

    return repr(attempt(read))


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("size", [0, 1, 2, 0x30, 0x7F, 0x80, 0x81, 0xFF, 0x100, 0x101, 0x1FF, 0x302])
def test_an_element_of_any_length_is_gone_into_alike(size: int, strict: bool) -> None:
    """However its length is written, whatever follows, and where the element before ends with the tag sought.

    All of it is there: who listens goes into what is cut off as well, as far as it goes.
    """
    lengths = [bytes((0x80 | more,)) + size.to_bytes(more) for more in (2, 3, 4)]
    if size <= 0xFF:
        lengths += [bytes((size,)), bytes((0x81, size))]  # the former is no short form from 0x80 on
    for length in lengths:
        for after in (b"", bytes(1000)):
            data = der.octet_string(b"\x30") + b"\x30" + length + b"\x01" * size + after
            for tag in (0x30, 0x31):
                assert gone_into(data, tag, strict, nobody) == gone_into(data, tag, strict, unmoved)
            other = data.replace(b"\x30\x30", b"\x30\x31", 1)
            assert gone_into(other, 0x30, strict, nobody) == gone_into(other, 0x30, strict, unmoved)


def walked(read: Callable[[der.Cursor], object]) -> Callable[[bytes, Listener], object]:
    return lambda data, listen: read(der.Cursor(data, "structure", listen=listen))


ODD = der.sequence(der.oid("1.2.3"), der.utf8_string("x"))  # of a type that has no name here
REQUEST = (
    "certificationRequest(certificationRequestInfo(version subject(RDN(attribute(type commonName))) "
    "subjectPKInfo(algorithm(algorithm parameters) subjectPublicKey) attributes(attribute(type values(extensions)))) "
    "signatureAlgorithm(algorithm parameters) signature)"
)
NAME = "RDN(attribute(type domainComponent)) RDN(attribute(type commonName))"
CERTIFICATE = (
    "certificate(tbsCertificate(version(version) serialNumber signature(algorithm) "
    f"issuer({NAME}) validity(notBefore notAfter) subject({NAME}) "
    "subjectPublicKeyInfo(algorithm(algorithm parameters) subjectPublicKey) extensions(extensions("
    + " ".join(["extension(extnID critical extnValue)"] * 3 + ["extension(extnID extnValue)"] * 3)
    + "))) signatureAlgorithm(algorithm) signatureValue)"
)
QUOTE = (
    "magic type qualifiedSigner extraData clockInfo(clock resetCount restartCount safe) firmwareVersion attested("
    "pcrSelect count(selection 0(hash pcrSelect) selection 1(hash pcrSelect)) pcrDigest)"
)


def named(heard: list[Heard]) -> str:
    """The names heard, those of a part's own parts in parentheses behind it."""
    text = ""
    for one, after in zip(heard, [*heard[1:], None], strict=True):
        down = (after.depth if after else 0) - one.depth
        text += one.field + ("(" if down > 0 else ")" * -down + " " * bool(after))
    return text


@pytest.mark.parametrize(
    ("read", "data", "names"),
    [
        (walked(pkcs10.read), WINDOWS_LIKE_REQUEST, REQUEST),
        (walked(x509.read), NEGATIVE_SERIAL, CERTIFICATE),
        (walked(spki.read_rsa), der.sequence(der.integer(5), der.integer(3)), "RSAPublicKey(modulus publicExponent)"),
        (
            walked(lambda walk: name.read(walk, "name")),
            der.sequence(der.set_of(ODD)),
            "name(RDN(attribute(type value)))",
        ),
        (Attestation.decode, GOLDEN["swtpm quote"][1], QUOTE),
    ],
)
def test_each_part_is_heard_by_the_name_its_specification_gives_it(
    read: Callable[[bytes, Listener], object], data: bytes, names: str
) -> None:
    """RFC 2986 4, RFC 5280 4.1, RFC 8017 A.1.1, TPM 2.0 Part 2 10.12: as a dissection shows them."""
    heard: list[Heard] = []
    read(data, heard.append)
    assert named(heard).split() == names.split()  # as words, since pytest compares long lines for a long time
    assert all(one.value == "" for one in heard if not one.octets), "what holds fields of a TPM has no value of its own"


def test_what_is_cut_off_is_heard_as_far_as_it_goes() -> None:
    heard: list[Heard] = []
    data = GOLDEN["swtpm quote"][1][:10]
    with pytest.raises(DecodeError):
        Attestation.decode(data, heard.append)
    assert heard[-1] == Heard(6, 0, "qualifiedSigner", data[6:], None)
