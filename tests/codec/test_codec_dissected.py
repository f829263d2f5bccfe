"""What each part of some structures is shown as, line for line: `dissected.txt` has it all, to be read by a person.

Where a change of it is meant, `python -m codec.test_codec_dissected` in `tests/` writes the file anew; read its diff.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from checks.checks_answer import written
from codec.codec_golden import MADE, NEGATIVE_SERIAL, WINDOWS_LIKE_REQUEST
from conformance.codec import base64, der, dissect
from conformance.codec.dissect import Dissection
from conformance.codec.pkcs10 import EXTENSION_REQUEST
from conformance.codec.rsakey import RsaKeyBlob
from conformance.codec.spki import RSA_ENCRYPTION
from conformance.server import certificate as writing

FILE = Path(__file__).with_name("dissected.txt")
BLOB = RsaKeyBlob.public(65537, (1 << 128) - 159).encode()
JWE = ".".join((base64.encode_url(b'{"alg":"RSA-OAEP-256","enc":"A256GCM"}'), "AAE", "AgM", "BA", "BQ"))
QUOTE = MADE["swtpm quote"][1]
DISSECT: dict[str, Callable[[bytes], Dissection]] = {
    "request": dissect.request,
    "certificate": dissect.certificate,
    "blob": dissect.transport_key,
    "attestation": dissect.attestation,
    "nonce": dissect.nonce,
}


def _request(key: bytes, requested: bytes) -> bytes:
    """A request of a key and the extensions it asks for, each of whatever octets."""
    attribute = der.sequence(der.oid(EXTENSION_REQUEST), der.set_of(requested))
    public_key = der.sequence(der.sequence(der.oid(RSA_ENCRYPTION), der.null()), der.bit_string(key))
    info = der.sequence(der.integer(0), der.sequence(), public_key, der.implicit(0, attribute, constructed=True))
    return der.sequence(info, der.sequence(der.oid("1.2.3")), der.bit_string(b""))


def _asking(**values: bytes) -> bytes:
    """A request that asks for extensions of these types (`_` for a dot, and before the first)."""
    each = (der.sequence(der.oid(oid[1:].replace("_", ".")), der.octet_string(value)) for oid, value in values.items())
    return _request(der.sequence(der.integer(15), der.integer(3)), der.sequence(*each))


def _changed(octets: bytes, **at: bytes) -> bytes:
    """Octets with others at some places (`_` before the number)."""
    for place, other in at.items():
        start = int(place[1:])
        octets = octets[:start] + other + octets[start + len(other) :]
    return octets


def _extended() -> bytes:
    """A certificate with every extension that has words of its own, and some that cannot be read."""
    values = {
        "2.5.29.19": der.sequence(der.boolean(True), der.integer(3)),
        "2.5.29.15": der.bit_string(b"\x86", 1),
        "2.5.29.37": der.sequence(der.oid("1.3.6.1.5.5.7.3.2"), der.oid("2.5.29.37.0"), der.oid("1.2.3")),
        "2.5.29.35": der.sequence(der.tlv(0x80, b"\1\2"), der.tlv(0x82, b"\3")),
        "2.5.29.14": der.octet_string(b"\1\2\3"),
        "2.5.29.17": der.sequence(der.tlv(0x82, b"a.example")),
        "1.2.840.113556.1.5.284.5": der.octet_string(b"\xff"),
        "1.2.3.4": der.null(),
        "1.2.3.5": b"",
        "1.2.3.6": b"\x05\x01",
    }
    more = (*(writing.Extension(oid, value) for oid, value in values.items()), writing.Extension("2.5.29.15", b"\5\0"))
    name = writing.name((writing.CN, der.utf8_string("a\u202e\n")), (writing.OU, der.tlv(0x0C, b"\xff")))
    return written(serial=5, subject=name, extensions=more).der


SHOWN: dict[str, tuple[str, bytes]] = MADE | {
    "the reference server's certificate": ("certificate", written(serial=1).der),
    "a certificate with many extensions": ("certificate", _extended()),
    "a certificate cut within its validity": ("certificate", NEGATIVE_SERIAL[:120]),
    "a request in BER": ("request", b"\x30\x83\x00" + WINDOWS_LIKE_REQUEST[2:]),
    "a request with octets behind it": ("request", WINDOWS_LIKE_REQUEST + b"\0\1"),
    "a request cut within its nonce": ("request", WINDOWS_LIKE_REQUEST[:440]),
    "a request whose version is a text": ("request", WINDOWS_LIKE_REQUEST.replace(b"\2\1\0\x30", b"\x0c\1\0\x30", 1)),
    "no request": ("request", b""),
    "a request with BER within": (
        "request",
        _request(
            b"\x30\x81\x06" + der.integer(15) + der.integer(3),
            b"\x30\x81\x0b" + der.sequence(der.oid("1.2.3"), b"\x01\x01\x05", der.octet_string(b"")),
        ),
    ),
    "a request whose key and extensions are none": (
        "request",
        _request(der.sequence(der.integer(15)), der.sequence(der.null())),
    ),
    "a request that asks in BER": (
        "request",
        _asking(
            _2_5_29_19=b"\x30\x81\x03\x01\x01\x01",
            _2_5_29_15=b"\x03\x81\x02\x01\x87",
            _2_5_29_37=b"\x30\x81\x04" + der.oid("1.2.3"),
            _1_2_840_113556_1_5_284_2_1=b"\x0c\x81\x01a",
            _1_2_3=b"\x02\x02\x00\x05",
        ),
    ),
    "a request that asks for the least": (
        "request",
        _asking(
            _2_5_29_19=der.sequence(der.boolean(False)),
            _2_5_29_15=der.bit_string(b""),
            _2_5_29_37=der.sequence(),
            _1_2_840_113556_1_5_284_2_1=der.utf8_string("x" * 48),
            _1_2_840_113556_1_5_284_3=der.integer(1),
            _1_2_840_113556_1_5_284_5=der.octet_string(b'a"\\\n'),
            _1_2_3=der.integer(1 << 158) + der.integer(1 << 159),
        ),
    ),
    "a blob": ("blob", BLOB),
    "a blob with primes": ("blob", b"RSA2" + BLOB[4:16] + b"\1\0\0\0\2\0\0\0" + BLOB[24:] + b"\5\6\7"),
    "a blob with more behind it": ("blob", BLOB + b"\0\1"),
    "a blob with an exponent of eight octets": ("blob", RsaKeyBlob.public((1 << 63) + 1, 5).encode()),
    "a blob with an exponent of nine": ("blob", RsaKeyBlob.public((1 << 71) + 1, 5).encode()),
    "a blob cut within its modulus": ("blob", BLOB[:-3]),
    "a blob cut within its header": ("blob", BLOB[:10]),
    "a blob of another magic": ("blob", b"\0\x1b\xffA" + BLOB[4:]),
    "an attestation cut within its clock": ("attestation", QUOTE[:60]),
    "an attestation of another magic and type": ("attestation", b"\0\0\0\1\0\1" + QUOTE[6:]),
    "an attestation that is neither safe nor not": ("attestation", _changed(QUOTE, _64=b"\2")),
    "an attestation of unknown algorithms and no PCR": (
        "attestation",
        _changed(QUOTE, _8=b"\x99\x99", _77=b"\x99\x99\3\0\0\0"),
    ),
    "an attestation with octets behind it": ("attestation", QUOTE + b"\1"),
    "a nonce in JWE": ("nonce", JWE.encode()),
    "a nonce in JWS": ("nonce", (base64.encode_url(b'{"alg":"none"}') + "." + base64.encode_url(b"{}") + ".").encode()),
    "a nonce of letters": ("nonce", b"abc.def"),
    "a nonce of three parts that are none": ("nonce", b"abc.def.ghi"),
    "a nonce of more letters than are shown": ("nonce", b"a" * 200),
    "a nonce of two lines": ("nonce", b"a\n"),
    "a nonce with a letter beyond ASCII": ("nonce", b"\xe9"),
    "a nonce whose header is beyond ASCII": ("nonce", base64.encode_url('{"alg":"\u00e9"}'.encode()).encode() + b".."),
    "a nonce of octets": ("nonce", b"\0\1\xff"),
    "an empty nonce": ("nonce", b""),
}


def lines(title: str) -> list[str]:
    """One dissection: offset, length and depth of a part, its key, its name, what it says, and its own octets."""
    kind, data = SHOWN[title]
    found = DISSECT[kind](data)
    return [
        f"== {title}: {found.structure}, {found.length} octets",
        f"   fault: {found.fault}; loose: {found.loose}; record: {type(found.record).__name__}",
        *(
            f"{row.offset:5}+{row.length:<4} {'. ' * row.depth}{row.field}: {row.value}\n"
            f"           {row.key} [{row.octets.hex()}]"
            for row in found.rows
        ),
    ]


def test_each_part_is_shown_as_it_was() -> None:
    kept = FILE.read_text(encoding="utf-8").split("\n\n")
    for title, before in zip(SHOWN, kept, strict=True):
        assert "\n".join(lines(title)) == before.strip("\n"), title


if __name__ == "__main__":
    FILE.write_text("\n\n".join("\n".join(lines(title)) for title in SHOWN) + "\n", encoding="utf-8")
