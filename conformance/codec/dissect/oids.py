"""The names of the object identifiers that requests and certificates of this protocol carry."""

from __future__ import annotations

from typing import Final

from conformance.codec import NONCE_OID, extension, name, pkcs10, spki
from conformance.codec.x509 import PRIVATE_ARC

NAMES: Final = {
    **name.NAMES,
    spki.RSA_ENCRYPTION: "rsaEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "rsassaPss",
    spki.SHA256_WITH_RSA: "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.10045.2.1": "ecPublicKey",
    "1.2.840.10045.3.1.7": "prime256v1",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.3.101.112": "Ed25519",
    pkcs10.EXTENSION_REQUEST: "extensionRequest",
    "1.2.840.113549.1.9.7": "challengePassword",
    extension.BASIC_CONSTRAINTS: "basicConstraints",
    extension.KEY_USAGE: "keyUsage",
    extension.EXTENDED_KEY_USAGE: "extKeyUsage",
    "2.5.29.14": "subjectKeyIdentifier",
    "2.5.29.17": "subjectAltName",
    "2.5.29.35": "authorityKeyIdentifier",
    extension.CLIENT_AUTH: "clientAuth",
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "2.5.29.37.0": "anyExtendedKeyUsage",
    "2.23.133.8.3": "aikCertificate",
    NONCE_OID: "nonce",
    PRIVATE_ARC + "2": "device id",
    PRIVATE_ARC + "3": "user id",
    PRIVATE_ARC + "5": "tenant id",
    PRIVATE_ARC + "7": "join type",
    PRIVATE_ARC + "8": "region",
}
