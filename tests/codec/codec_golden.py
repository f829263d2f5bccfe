"""Golden bytes for the codecs' tests, none of them made by the code under test, and what decodes which.

`MADE` come with the project (OpenSSL, `cryptography`, a software TPM); `published` adds those of `../shared/vectors`
where that folder is there.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.codec import pkcs10, rsakey, tpms, x509
from conformance.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.codec.heard import Heard

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT.parent / "shared" / "vectors"

NEGATIVE_SERIAL = base64.b64decode(
    "MIICEDCCAbagAwIBAgIIgf79/Pv6+fkwCgYIKoZIzj0EAwIwRDETMBEGCgmSJomT8ixkARkWA25ldDEtMCsGA1UEAwwkOWVlNWYzM2ItOTc0OS00"
    "M2U3LTk1NjctODMxOGVhNDEyNTRiMB4XDTI2MTEyMjE2MzU0NloXDTM2MTExOTE2MzU0NlowRDETMBEGCgmSJomT8ixkARkWA25ldDEtMCsGA1UE"
    "AwwkOWVlNWYzM2ItOTc0OS00M2U3LTk1NjctODMxOGVhNDEyNTRiMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENURo3e48suhPvhElUGDjdSrz"
    "eN9UgDYG9/RZNzLA5jE4FYDBmyR/nrv5j1meTGHgOo98EU7TTjaDiTT0VSmgmKOBkTCBjjAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDAW"
    "BgNVHSUBAf8EDDAKBggrBgEFBQcDAjAiBgsqhkiG9xQBBYIcAgQTBIEQo8MK5pvg9k+6UZTxtj7IITATBgsqhkiG9xQBBYIcBwQEBIEBMDAdBgNV"
    "HQ4EFgQUeIVB408cxRZ7z3+/76gVqtUEQYAwCgYIKoZIzj0EAwIDSAAwRQIhAM2deVHszJzafsSY7Lbbtty+2zFdTSmQ4L9gWdVEEG6qAiA8iuLA"
    "Rhja8Cg3ApfoysrzPgHJZ6FVv8R1NOklsROfZA=="
)
"""By OpenSSL 3.0: `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -set_serial -0x7e01020304050607`, with
private extensions 1.2.840.113556.1.5.284.2 and .7 whose inner OCTET STRING has a long-form length (DER:0481...)."""

WINDOWS_LIKE_REQUEST = base64.b64decode(
    "MIIC2zCCAcMCAQAwMDEuMCwGA1UEAxMlN0U5ODBBRDktQjg2RC00MzA2LTk0MjUtOUFDMDY2RkIwMTRBADCCASIwDQYJKoZIhvcNAQEBBQADggEP"
    "ADCCAQoCggEBALulmbBf0rv4ssHA+auptDz6lCOrFtiugmUOc693PmShNpja/zB3E8uMe09d7LHjAUsjEZF371odkUR3kH9UfJ4mitvfsChXbWTD"
    "KyF4ssX4QGNbNrigYO/Hd124dDZfgv5jMAC5XlWv0PZUkHbhnuUaBrWI12FNDtSya4ufi52S/KI6Keb//f6hkU7sfGrlgcjeREqYsMT+aqr787o+"
    "d+Kvt8yaNcpsqXczqsOA/zYkefacxb1ExBQwFLwB5m1r1wu7ozJTfELhKkDv9WhJSFpHjNL3YG/FbRyaCKj6by8H5E95DMx7bOtCvd4sow2Xqnsl"
    "84b8hnO3tVA4GkrNq6kCAwEAAaBmMGQGCSqGSIb3DQEJDjFXMFUwUwYMKoZIhvcUAQWCHAIBBEMMQVpYbEthR0pIWTJsUGFVcFRWVEJGZEZRd1Jr"
    "WlZRekI1VGxSWmFVeERTbXhpYlUxcFQybEtRazFxVlRKU01FNU9TMA0GCSqGSIb3DQEBCwUAA4IBAQBmaWIA7LYEISSjLptYn8HfcUIdS3OTZAy7"
    "+jt+gS3fn2JXc0AG/3Djd8FvpKvDlyfZiZE4pSKjGz1emR8PNLq9IuvA4+1nNDncJiUFhO+Kt+bC7/eHAYqta2/GyvT5dlYieW5I2Cj/xCAELdhf"
    "BhnvMkgRivh6XOGzsV/eHvDwS5ahm2kLPJiUVd5R1E4Jm5eBZwKlXl45dosTjCwu43UT/KUQNR/TQQrxYqXjqGD/7GtXUZ013yWX5x8qYxFVdVRo"
    "KnV1m9nHgbShSYLzwnX4EOV6UPFxcnLoyo1jBNtkoA5UU40teYGw/4kE0TBHwxMpPaaUPR0OAaYFQ6N6mSCC"
)
"""By OpenSSL 3.0: a request whose CN is a PrintableString of 37 octets that ends in NUL, as Windows sends it, and that
asks for the nonce extension; `openssl asn1parse -genconf`, signed by `openssl dgst -sha256 -sign` with the
pool's key rsa-2048-00; `openssl req -verify` verifies it."""


def fixture_items(name: str) -> list[dict[str, Any]]:
    """The items of one of our fixtures."""
    items: list[dict[str, Any]] = json.loads((ROOT / "fixtures" / f"{name}.json").read_text(encoding="utf-8"))["items"]
    return items


ATTESTATIONS = {item["name"]: item for item in fixture_items("attestation")}

DECODERS: dict[str, Callable[[bytes], Any]] = {
    "request": pkcs10.CertificationRequest.decode,
    "certificate": x509.Certificate.decode,
    "blob": rsakey.RsaKeyBlob.decode,
    "attestation": tpms.Attestation.decode,
}

MADE: dict[str, tuple[str, bytes]] = {
    "openssl certificate, negative serial": ("certificate", NEGATIVE_SERIAL),
    "openssl request, NUL in the CN": ("request", WINDOWS_LIKE_REQUEST),
    **{f"swtpm {name}": ("attestation", base64.b64decode(item["attestation"])) for name, item in ATTESTATIONS.items()},
}

_PUBLISHED = {
    "msdvrj_4_1_csr.der": "request",
    "msdvrj_4_1_cert.der": "certificate",
    "msal_objc_entra_ecc_cert_2023.der": "certificate",
    "msdvrj_4_1_transportkey.bin": "blob",
}


def attempt(read: Callable[[], Any]) -> tuple[Any, DecodeError | None]:
    """What a reading gives, or the DecodeError it raises, which must name structure and problem."""
    try:
        return read(), None
    except DecodeError as error:
        if not (error.structure and error.problem):
            raise AssertionError("a DecodeError that says nothing") from error
        return None, error


def unmoved(_: Heard) -> None:
    """Who listens and does nothing with it."""


def golden() -> dict[str, tuple[str, bytes]]:
    """Name -> (which decoder, bytes), as far as they are there."""
    there = {name: (kind, VECTORS / name) for name, kind in _PUBLISHED.items() if (VECTORS / name).is_file()}
    return MADE | {name: (kind, path.read_bytes()) for name, (kind, path) in there.items()}
