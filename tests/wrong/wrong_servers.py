"""Servers that are wrong in one habit each, as somebody in a hurry would write them."""

from __future__ import annotations

import json
import struct
from typing import Any

from cryptography import x509

from wrong.wrong_base import Service
from wrong.wrong_rules import UNREADABLE, Refused, blob_in_order, careful, document, need, octets, transport_key
from wrong.wrong_said import Asked, Said


class Trusting(Service):
    """Trusts `cryptography` and nothing else: what it can load, and whose signature holds, is a device."""

    def read(self, asked: Asked) -> tuple[Any, bool]:
        try:
            document = json.loads(asked.body.decode())
            csr = x509.load_der_x509_csr(octets(document["CertificateRequest"]["Data"]))
            need(csr.is_signature_valid, "the signature does not hold")
            return csr.public_key(), True
        except UNREADABLE:
            raise Refused("this is no certificate request") from None


class Blind(Service):
    """Stores whatever text TransportKey is, and never looks inside."""

    def read(self, asked: Asked) -> tuple[Any, bool]:
        return careful(asked.body, self.nonces, lambda _: None, lambda text: str(text).encode("utf-8", "replace"))


class BigEndian(Service):
    """Written for a big-endian machine: holds the blob to be no longer than it says, and says so in the wrong order."""

    def read(self, asked: Asked) -> tuple[Any, bool]:
        return careful(asked.body, self.nonces, self.transport_key)

    def transport_key(self, blob: bytes) -> None:
        need(len(blob) >= 24, "the blob has no header")
        magic, _, exponent, modulus, prime1, prime2 = struct.unpack(">4s5I", blob[:24])
        need(magic == b"RSA1", "the magic is not RSA1")
        need(prime1 == 0 and prime2 == 0, "primes are declared")
        need(len(blob) - 24 <= exponent + modulus, "the blob is longer than it says")


class EitherOrder(Service):
    """Unsure of the byte order, takes a blob whose header is right in either."""

    def read(self, asked: Asked) -> tuple[Any, bool]:
        return careful(asked.body, self.nonces, self.transport_key)

    def transport_key(self, blob: bytes) -> None:
        try:
            blob_in_order(blob, "<")
        except Refused:
            blob_in_order(blob, ">")


class Fragile(Service):
    """Takes for granted that members and headers are there, and ends in a 500 where they are not."""

    MEMBERS = ("TransportKey", "TargetDomain", "DeviceType", "OSVersion", "DeviceDisplayName", "JoinType")

    def answer(self, asked: Asked) -> Said:
        try:
            return super().answer(asked)
        except (KeyError, struct.error):
            return Said(500)

    def read(self, asked: Asked) -> tuple[Any, bool]:
        value = document(asked.body)
        request = value["CertificateRequest"]
        inside = [request[name] for name in ("Type", "Data")] if isinstance(request, dict) else []
        need([value[name] for name in self.MEMBERS] + inside, "never said: what is not there is a KeyError")
        return careful(asked.body, self.nonces, self.transport_key)

    def transport_key(self, blob: bytes) -> None:
        struct.unpack("<4s5I", blob[:24])
        transport_key(blob)
