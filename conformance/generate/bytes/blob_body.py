"""What follows the header of BCRYPT_RSAKEY_BLOB, and the blob as a whole: cut, continued, private, replaced.

The one rule: where a number is put in another's place, the header describes it rightly; where octets are cut off or
added, the header stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from conformance.codec import base64
from conformance.codec.rsakey import HEADER_SIZE, RsaKeyBlob
from conformance.generate import key_forms, keys
from conformance.generate.bytes.mutation import Family, Mutation
from conformance.generate.edits import TRANSPORT_KEY, Layer
from conformance.generate.join import Rendering

KIB: Final = 1024
TAILS: Final = (1, 2, 128, 256, KIB, 4 * KIB, 64 * KIB)
FILLINGS: Final = (("zero", b"\0"), ("one-bit", b"\xff"), ("text", b"RSA1"))


def cuts(model: Rendering) -> Family:
    """The blob cut at every length, nothing and all but one among them."""
    return Family("blob-cut", len(model.blob), _cut)


def octets(model: Rendering) -> Family:
    """Every octet of exponent and modulus with one bit turned, each of its eight in turn."""
    size = 8 * (len(model.blob) - HEADER_SIZE)
    return Family("blob-body-bit", size, lambda index: _bit(HEADER_SIZE + index // 8, index % 8))


def tails(_model: Rendering) -> Family:
    """Octets behind the modulus, from one to 64 KiB."""
    rows = [(size, *filling) for size in TAILS for filling in FILLINGS]
    return Family("blob-tail", len(rows), lambda index: _tail(*rows[index]))


def numbers(_model: Rendering) -> Family:
    """Other exponents and moduli, the header true of each."""
    return Family("blob-number", len(_NUMBERS), lambda index: _number(*_NUMBERS[index]))


def private(_model: Rendering) -> Family:
    """A private key in the blob's place, whole or in part, declared or not (bcrypt.h: RSA2, RSA3)."""
    return Family("blob-private", len(_PRIVATE), lambda index: _whole(*_PRIVATE[index]))


def others(_model: Rendering) -> Family:
    """The same key in another structure."""
    return Family("blob-other", len(_OTHERS), lambda index: _whole(*_OTHERS[index]))


def _cut(length: int) -> Mutation:
    layer = Layer.BLOB_HEADER if length < HEADER_SIZE else Layer.BLOB_BODY
    title = f"The blob ends after {length} octets."
    return Mutation.of(layer, TRANSPORT_KEY, f"cut-at-{length}", title, lambda blob: blob[:length])


def _bit(offset: int, bit: int) -> Mutation:
    def change(blob: bytes) -> bytes:
        return blob[:offset] + bytes([blob[offset] ^ 1 << bit]) + blob[offset + 1 :]

    title = f"Bit {bit} of the octet at offset {offset} is turned."
    return _mutation(f"bit-{bit}-of-{offset}", title, change)


def _tail(size: int, name: str, filling: bytes) -> Mutation:
    tail = (filling * size)[:size]
    title = f"{size} octets follow the modulus."
    return _mutation(f"tail-{size}-{name}", title, lambda blob: blob + tail)


def _number(name: str, title: str, change: Callable[[RsaKeyBlob], RsaKeyBlob]) -> Mutation:
    return _mutation(name, title, lambda blob: change(RsaKeyBlob.decode(blob)).encode())


def _with_exponent(change: Callable[[int], int], padding: int = 0) -> Callable[[RsaKeyBlob], RsaKeyBlob]:
    def changed(blob: RsaKeyBlob) -> RsaKeyBlob:
        modulus = int.from_bytes(blob.modulus, "big")
        made = RsaKeyBlob.public(change(modulus), modulus)
        return replace(made, public_exp_length=made.public_exp_length + padding, body=bytes(padding) + made.body)

    return changed


def _with_modulus(change: Callable[[int], int]) -> Callable[[RsaKeyBlob], RsaKeyBlob]:
    def changed(blob: RsaKeyBlob) -> RsaKeyBlob:
        return RsaKeyBlob.public(int.from_bytes(blob.exponent, "big"), change(int.from_bytes(blob.modulus, "big")))

    return changed


def _padded_modulus(blob: RsaKeyBlob) -> RsaKeyBlob:
    return replace(blob, modulus_length=blob.modulus_length + 1, body=blob.exponent + b"\0" + blob.modulus)


_NUMBERS: Final = (
    *((f"exponent-{e}", f"The exponent is {e}.", _with_exponent(lambda _, e=e: e)) for e in (0, 1, 2, 3, 4, 17, 65536)),  # type: ignore[misc]
    ("exponent-in-four-octets", "A zero octet precedes the exponent, counted.", _with_exponent(lambda _: 65537, 1)),
    ("exponent-in-64-octets", "61 zero octets precede the exponent, counted.", _with_exponent(lambda _: 65537, 61)),
    ("exponent-large", "The exponent has 65 bits.", _with_exponent(lambda _: (1 << 64) + 1)),
    ("exponent-below-modulus", "The exponent is smaller than the modulus by 2.", _with_exponent(lambda n: n - 2)),
    ("exponent-modulus", "The exponent is the modulus.", _with_exponent(lambda n: n)),
    ("exponent-beyond-modulus", "The exponent is larger than the modulus by 2.", _with_exponent(lambda n: n + 2)),
    ("modulus-zero", "The modulus is 0.", _with_modulus(lambda _: 0)),
    ("modulus-one", "The modulus is 1.", _with_modulus(lambda _: 1)),
    ("modulus-three", "The modulus is 3.", _with_modulus(lambda _: 3)),
    ("modulus-even", "The modulus is smaller by one, and so even.", _with_modulus(lambda n: n - 1)),
    ("modulus-doubled", "The modulus is doubled, and so even.", _with_modulus(lambda n: n * 2)),
    ("modulus-shorter", "The modulus lacks its last octet.", _with_modulus(lambda n: n >> 8 | 1)),
    ("modulus-padded", "A zero octet precedes the modulus, counted.", _padded_modulus),
)  # fmt: skip


def _whole(name: str, title: str, make: Callable[[RsaKeyBlob], bytes]) -> Mutation:
    return _mutation(name, title, lambda blob: make(RsaKeyBlob.decode(blob)))


def _private_parts(blob: RsaKeyBlob) -> tuple[bytes, ...]:
    """The primes of a key of the pool, then what RSA3 adds to them, each as long as CNG writes it."""
    for key in keys.pool():
        private_key = key.private_key
        if isinstance(private_key, rsa.RSAPrivateKey) and key.rsa_numbers[1] == int.from_bytes(blob.modulus, "big"):
            own = private_key.private_numbers()
            half = [own.p, own.q, own.dmp1, own.dmq1, own.iqmp]
            return (*(number.to_bytes(128, "big") for number in half), own.d.to_bytes(256, "big"))
    return (b"\xf1" * 128,) * 5 + (b"\xf1" * 256,)


def _private_blob(magic: bytes, count: int, *, declared: bool) -> Callable[[RsaKeyBlob], bytes]:
    def make(blob: RsaKeyBlob) -> bytes:
        parts = _private_parts(blob)[:count]
        first, second = (len(parts[0]), len(parts[1])) if declared else (0, 0)
        body = blob.body + b"".join(parts)
        return replace(blob, magic=magic, prime1_length=first, prime2_length=second, body=body).encode()

    return make


_PRIVATE: Final = tuple(
    (f"{name}-{word}", f"{title}, {how}.", _private_blob(magic, count, declared=word == "declared"))
    for name, title, magic, count in (
        ("rsa2", "A private key, as RSA2 announces it", b"RSA2", 2),
        ("rsa3", "A full private key, as RSA3 announces it", b"RSA3", 6),
        ("rsa1-primes", "The primes of the key under the magic of a public one", b"RSA1", 2),
        ("rsa1-full", "The full private key under the magic of a public one", b"RSA1", 6),
    )
    for word, how in (("declared", "the primes declared"), ("undeclared", "no prime declared"))
)


_OTHERS: Final = tuple(
    (name, f"{what} is in the blob's place.", make)
    for name, what, make in (
        *key_forms.FORMS,
        ("jwk", "A JWK", key_forms.jwk),
        ("modulus", "The modulus alone", lambda blob: blob.modulus),
        ("body", "Exponent and modulus without a header", lambda blob: blob.body),
        ("doubled", "The blob, there twice,", lambda blob: blob.encode() * 2),
        (
            "base64",
            "The blob's base64, so that it is encoded twice,",
            lambda blob: base64.encode(blob.encode()).encode(),
        ),
        ("reversed", "The blob with its octets in the other order", lambda blob: blob.encode()[::-1]),
    )
)


def _mutation(name: str, title: str, change: Callable[[bytes], bytes]) -> Mutation:
    return Mutation.of(Layer.BLOB_BODY, TRANSPORT_KEY, name, title, change)
