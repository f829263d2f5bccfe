"""Elements of BER, written out octet by octet: what they are in DER's lengths, and what is none."""

from __future__ import annotations

from typing import Final

import pytest

from conformance.errors import DecodeError
from conformance.generate.oracle import ber

DEEPEST: Final = 41  # elements, the outermost counted


def nested(levels: int) -> bytes:
    """An indefinite SEQUENCE in another, and so on."""
    return b"\x30\x80" * levels + b"\0\0" * levels


@pytest.mark.parametrize(
    ("octets", "der", "parts"),
    [
        ("0400", "0400", 0),
        ("048100", "0400", 0),
        ("0482000141", "040141", 0),
        ("0101ff", "0101ff", 0),
        ("047f" + "41" * 127, "047f" + "41" * 127, 0),
        ("048180" + "41" * 128, "048180" + "41" * 128, 0),
        ("1f010141", "1f010141", 0),
        ("1f818203810141", "1f8182030141", 0),
        ("3000", "3000", 0),
        ("30800000", "3000", 0),
        ("30810402020500", "300402020500", 1),
        ("30800201050000", "3003020105", 1),
        ("3080" + "3080020105" + "0000" + "040141" + "0000", "30083003020105040141", 2),
        ("3007" + "3080020105" + "0000", "30053003020105", 1),
        ("3009" + "24800401410000" + "0500", "300724030401410500", 2),
        ("bf81018104" + "04810141", "bf810103040141", 1),
    ],
)
def test_an_element_in_lengths_of_der(octets: str, der: str, parts: int) -> None:
    raw = bytes.fromhex(octets)
    for before, behind in ((b"", b""), (b"\0\x81\x30", b""), (b"", b"\0\0\x30\x80")):
        read = ber.read(before + raw + behind, len(before))
        assert (read.der.hex(), read.raw.hex()) == (der, octets)
        assert isinstance(read.parts, tuple)
        assert len(read.parts) == parts


def test_parts_have_their_own_octets() -> None:
    (part,) = ber.read(bytes.fromhex("3080" + "308103020105" + "0000")).parts
    assert (part.raw.hex(), part.der.hex(), len(part.parts)) == ("308103020105", "3003020105", 1)


@pytest.mark.parametrize(
    ("octets", "offset"),
    [
        ("", 0),
        ("30", 1),
        ("0000", 0),
        ("30020000", 2),
        ("0480410000", 0),
        ("3080020105", 5),
        ("308002010500", 5),
        ("30030201", 4),
        ("040241", 3),
        ("300324800404", 5),
        ("300402030500ff", 6),
        ("0481", 1),
        ("048201", 1),
        ("04ff" + "00" * 127, 1),
        ("1f", 1),
        ("1f81", 2),
        ("1f8182", 3),
    ],
)
def test_what_is_no_element(octets: str, offset: int) -> None:
    with pytest.raises(DecodeError) as refused:
        ber.read(bytes.fromhex(octets))
    assert (refused.value.structure, refused.value.offset) == ("BER", offset)


def test_elements_lie_as_deep_as_a_reader_goes_and_no_deeper() -> None:
    assert ber.read(nested(DEEPEST)).raw == nested(DEEPEST)
    with pytest.raises(DecodeError, match="40 deep") as refused:
        ber.read(nested(DEEPEST + 1))
    assert (refused.value.structure, refused.value.offset) == ("BER", 2 * DEEPEST)
