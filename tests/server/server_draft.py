"""Join requests for the server's tests, made with `cryptography` where it can, octet by octet where it cannot."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from conformance.codec import der

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from conformance.server import Ready

CN = "7E980AD9-B86D-4306-9425-9AC066FB014A"
NONCE_OID = "1.2.840.113556.1.5.284.2.1"
SHA256_RSA = der.sequence(der.oid("1.2.840.113549.1.1.11"), der.null())


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def csr(key: RSAPrivateKey | EllipticCurvePrivateKey, *, cn: str = CN, nonce: bytes | None = None) -> bytes:
    """A request by `cryptography`; `nonce` is the nonce extension's value."""
    builder = x509.CertificateSigningRequestBuilder()
    builder = builder.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)]))
    if nonce is not None:
        builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(NONCE_OID), nonce), False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def subject(*values: bytes) -> bytes:
    """A Name with one RDN for each CN value (whole elements)."""
    return der.sequence(*(der.set_of(der.sequence(der.oid("2.5.4.3"), value)) for value in values))


def spki(key: RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def raw_csr(
    key: RSAPrivateKey,
    *,
    version: bytes = der.integer(0),
    name: bytes | None = None,
    key_info: bytes | None = None,
    attributes: bytes = b"",
    algorithm: bytes = SHA256_RSA,
    digest: hashes.HashAlgorithm | None = None,
    signature: bytes | None = None,
    tail: bytes = b"",
) -> bytes:
    """A request written part by part, rightly signed unless `signature` is given."""
    info = der.sequence(
        version,
        subject(der.utf8_string(CN)) if name is None else name,
        spki(key) if key_info is None else key_info,
        der.tlv(0xA0, attributes),
    )
    signed = key.sign(info, PKCS1v15(), digest or hashes.SHA256()) if signature is None else signature
    return der.sequence(info, algorithm, der.bit_string(signed)) + tail


def extension_request(*extensions: tuple[str, bytes]) -> bytes:
    """An extensionRequest attribute (RFC 2985)."""
    asked = (der.sequence(der.oid(oid), der.octet_string(value)) for oid, value in extensions)
    return der.sequence(der.oid("1.2.840.113549.1.9.14"), der.set_of(der.sequence(*asked)))


def blob(
    key: RSAPrivateKey,
    *,
    magic: bytes = b"RSA1",
    bits: int | None = None,
    lengths: Sequence[int] | None = None,
    exponent: bytes | None = None,
    modulus: bytes | None = None,
    tail: bytes = b"",
) -> bytes:
    """A BCRYPT_RSAKEY_BLOB, by `struct`; `lengths` are exponent, modulus, prime 1, prime 2."""
    numbers = key.public_key().public_numbers()
    e = numbers.e.to_bytes(3, "big") if exponent is None else exponent
    n = numbers.n.to_bytes((key.key_size + 7) // 8, "big") if modulus is None else modulus
    declared = (len(e), len(n), 0, 0) if lengths is None else lengths
    return magic + struct.pack("<5I", key.key_size if bits is None else bits, *declared) + e + n + tail


def body(key: RSAPrivateKey, **members: Any) -> dict[str, Any]:
    """A conforming body; `members` replace, and a member given as `...` is taken out."""
    whole = {
        "CertificateRequest": {"Type": "pkcs10", "Data": b64(csr(key))},
        "TransportKey": b64(blob(key)),
        "TargetDomain": "sts.contoso.example",
        "DeviceType": "Linux",
        "OSVersion": "openSUSE Leap 15.5",
        "DeviceDisplayName": "MyPC",
        "JoinType": 4,
        **members,
    }
    return {name: value for name, value in whole.items() if value is not ...}


@dataclass(frozen=True)
class Driver:
    """A client of one running server."""

    ready: Ready
    http: httpx.Client
    key: RSAPrivateKey

    def nonce(self, tenant: str | None = None) -> str:
        answer = self.http.get(f"/EnrollmentServer/nonce/{tenant or self.ready.tenant}/", params={"api-version": "1.0"})
        assert answer.status_code == 200
        return str(answer.json()["Value"])

    def mint(self, kind: str, **wanted: Any) -> str:
        return str(self.http.post(f"/management/{kind}", json=wanted).json()[kind])

    def devices(self) -> int:
        return int(self.http.get("/management/state").json()["devices"])

    def headers(self, token: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.ready.token}", "Content-Type": "application/json"}

    def join(
        self,
        document: dict[str, Any] | None = None,
        *,
        token: str | None = None,
        version: str = "2.0",
        path: str = "/EnrollmentServer/device/",
        **members: Any,
    ) -> httpx.Response:
        """Sends a join: `document` as it is, or a conforming body with these members."""
        whole = body(self.key, **members) if document is None else document
        return self.http.post(path, params={"api-version": version}, json=whole, headers=self.headers(token))

    def join_csr(self, request: bytes, **members: Any) -> httpx.Response:
        return self.join(CertificateRequest={"Type": "pkcs10", "Data": b64(request)}, **members)

    def precreate(self, *, tenant: str | None = None, token: str | None = None, **members: Any) -> httpx.Response:
        path = f"/EnrollmentServer/device/precreate/{tenant or self.ready.tenant}/"
        return self.join(path=path, token=token, **members)


def certificate(answer: httpx.Response) -> x509.Certificate:
    """The certificate of an accepted join."""
    assert answer.status_code == 201, answer.text
    return x509.load_der_x509_certificate(base64.b64decode(answer.json()["Certificate"]["RawBody"], validate=True))


def refused(answer: httpx.Response, *words: str, status: int = 400) -> None:
    """The answer is a refusal in shape B whose sentence has these words, and no certificate."""
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert set(document) == {"code", "subcode", "message", "operation", "requestid", "time"}
    assert all(word in document["message"] for word in words), document["message"]
