"""The keys of a hand-made server: a CA for devices and an issuer of bearer tokens, both made when it starts."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from wrong.wrong_rules import Refused

AUDIENCE = "urn:ms-drs:127.0.0.1"
BROKER = "29d9ed98-a469-4536-ade2-f981bc1d605e"  # the one client that registers devices
ISSUER = "Fabrikam Devices"
SCHEME = (padding.PKCS1v15(), hashes.SHA256())  # RS256


def url64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def from_url64(text: str) -> bytes:
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if url64(octets) != text:
        raise ValueError(text)
    return octets


def common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Certifies devices, issues tokens, and tells whose a token is."""

    def __init__(self) -> None:
        self.key: Any = ec.generate_private_key(ec.SECP256R1())
        self.hash: Any = hashes.SHA256()
        self.issuer = rsa.generate_private_key(65537, 2048)
        self.certificate = self.sign(common_name(ISSUER), self.key.public_key(), ca=True)

    def sign(self, subject: x509.Name, key: Any, *extensions: x509.ExtensionType, ca: bool = False) -> x509.Certificate:
        """A certificate for the next ten years."""
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .issuer_name(common_name(ISSUER))
            .subject_name(subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.key, self.hash)

    def certify(self, key: Any, device: str, *extensions: x509.ExtensionType) -> tuple[str, str]:
        """Thumbprint and base64 of a device's certificate."""
        return told(self.sign(common_name(device), key, *extensions))

    def pem(self) -> bytes:
        """The CA's own certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def token(
        self,
        tenant: str,
        upn: str,
        *,
        audience: str = AUDIENCE,
        lifetime: int = 3600,
        begins: int = -60,
        client: str = BROKER,
    ) -> str:
        """A bearer token (RS256); its times in seconds from now."""
        now = int(time.time())
        times = {"nbf": now + begins, "exp": now + max(begins, 0) + lifetime}
        claims = {"aud": audience, "appid": client, "tid": tenant, "upn": upn, **times}
        parts = [url64(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
        signature = self.issuer.sign(".".join(parts).encode(), *SCHEME)
        return ".".join((*parts, url64(signature)))

    def user(self, authorization: str | None, tenant: str | None) -> dict[str, Any]:
        """The claims of whom an Authorization header stands for; `Refused` with 401 where it stands for nobody."""
        if authorization is None:
            raise Refused("a token is needed", 401, WWW_Authenticate="Bearer")
        scheme, _, token = authorization.partition(" ")
        try:
            claims = self.claims(token)
            good = scheme.lower() == "bearer" and claims["nbf"] <= time.time() < claims["exp"]
            good &= (claims["aud"], claims["appid"]) == (AUDIENCE, BROKER)
        except (ValueError, KeyError, InvalidSignature):
            good = False
        if not good or tenant not in {None, claims["tid"]}:
            raise Refused("the token is not good", 401, WWW_Authenticate='Bearer error="invalid_token"')
        return claims

    def claims(self, token: str) -> dict[str, Any]:
        """What a token of ours says."""
        header, payload, signature = token.split(".")
        if json.loads(from_url64(header))["alg"] != "RS256":
            raise ValueError(header)
        self.issuer.public_key().verify(from_url64(signature), f"{header}.{payload}".encode(), *SCHEME)
        return dict(json.loads(from_url64(payload)))


def told(certificate: x509.Certificate) -> tuple[str, str]:
    """Thumbprint and base64, as an answer has them."""
    der = certificate.public_bytes(serialization.Encoding.DER)
    return certificate.fingerprint(hashes.SHA1()).hex().upper(), base64.b64encode(der).decode()
