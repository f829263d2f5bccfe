"""Hooks a good user of Schemathesis would write for MS-DRS: real requests, keys and challenges by custom formats.

The one rule: nothing of the suite is used here, only `cryptography`. What must be fresh in every request (the nonce,
the challenge) is put in just before it is sent, so that a request that is sent again stays what it was.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import struct
import urllib.request
from collections import deque
from pathlib import Path
from typing import Any, Final

import schemathesis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import strategies as st

CN: Final = "7E980AD9-B86D-4306-9425-9AC066FB014A"
NONCE: Final = x509.ObjectIdentifier("1.2.840.113556.1.5.284.2.1")
FRESH: Final = "fresh.challenge.please"
SHA256: Final = b"\x00\x0b"

NONCES: deque[str] = deque(maxlen=50)


def _keys() -> list[rsa.RSAPrivateKey]:
    """The keys in the file of PEM blocks that PEER_KEYS names."""
    blocks = Path(os.environ["PEER_KEYS"]).read_text(encoding="ascii").split("\n\n")
    found = [serialization.load_pem_private_key(block.encode(), None) for block in blocks if block.strip()]
    return [key for key in found if isinstance(key, rsa.RSAPrivateKey)]


KEYS: Final = _keys()


def text(octets: bytes) -> str:
    """Base64."""
    return base64.b64encode(octets).decode("ascii")


def request(key: rsa.RSAPrivateKey, nonce: str | None = None) -> str:
    """A PKCS#10 request in base64; the nonce is a UTF8String in its extension."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, CN)])
    )
    if nonce is not None:
        octets = nonce.encode()
        value = b"\x0c\x82" + struct.pack(">H", len(octets)) + octets
        builder = builder.add_extension(x509.UnrecognizedExtension(NONCE, value), critical=False)
    return text(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


def blob(key: rsa.RSAPrivateKey) -> str:
    """A BCRYPT_RSAKEY_BLOB in base64."""
    numbers, size = key.public_key().public_numbers(), key.key_size // 8
    header = struct.pack("<4s5I", b"RSA1", key.key_size, 3, size, 0, 0)
    return text(header + numbers.e.to_bytes(3, "big") + numbers.n.to_bytes(size, "big"))


def aik(key: rsa.RSAPrivateKey) -> str:
    """A certificate in base64, signed by its own key."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "AIK")])
    day = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day.replace(year=2049))
    return text(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


def attestation(extra: bytes) -> str:
    """A TPMS_ATTEST of type certify in base64 (TPM 2.0 Part 2, 10.12)."""
    name = SHA256 + bytes(32)
    sized = [struct.pack(">H", len(octets)) + octets for octets in (name, extra, name, name)]
    clock = struct.pack(">QIIBQ", 86_400_000, 7, 0, 1, 1)
    return text(b"\xffTCG\x80\x17" + sized[0] + sized[1] + clock + sized[2] + sized[3])


REQUESTS: Final = {request(key): key for key in KEYS}
"""Every request of ours that was made, with its key."""


def challenge() -> str:
    """A new challenge of the server's mint; none where that does not answer, for a hook that raises hides failures."""
    mint = urllib.request.Request(os.environ["PEER_MINT"], b"{}", {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(mint, timeout=5) as answer:
            return str(json.load(answer)["challenge"])
    except OSError:
        return FRESH


def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Signs a nonce into every other request where there is one, and puts a challenge where one is asked for."""
    body = case.body
    if not isinstance(body, dict):
        return
    held: Any = body.get("CertificateRequest")
    key = REQUESTS.get(held["Data"]) if isinstance(held, dict) and isinstance(held.get("Data"), str) else None
    if key is not None and len(NONCES) % 2:
        signed = request(key, NONCES.popleft())
        REQUESTS[signed] = key
        body = body | {"CertificateRequest": {**held, "Data": signed}}
    if body.get("PreAuthorizedJoinChallenge") == FRESH:
        body = body | {"PreAuthorizedJoinChallenge": challenge()}
    case.body = body


def after_call(_context: Any, case: Any, response: Any) -> None:
    """Keeps the nonces that come by."""
    if case.operation.path.startswith("/EnrollmentServer/nonce/") and response.status_code == 200:
        try:
            value = response.json()["Value"]
        except (ValueError, KeyError, TypeError):
            return
        if isinstance(value, str) and value:
            NONCES.append(value)


schemathesis.openapi.format("pkcs10", st.sampled_from(sorted(REQUESTS)))
schemathesis.openapi.format("rsa-key-blob", st.sampled_from(KEYS).map(blob))
schemathesis.openapi.format("x509", st.sampled_from([aik(key) for key in KEYS]))
schemathesis.openapi.format("tpms-attest", st.binary(min_size=16, max_size=32).map(attestation))
schemathesis.openapi.format("challenge", st.just(FRESH))
schemathesis.hook(before_call)
schemathesis.hook(after_call)
