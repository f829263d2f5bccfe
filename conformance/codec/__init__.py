"""Bytes <-> records: base64, DER, RSA key blob, PKCS#10, X.509, TPMS_ATTEST, JOSE, SID, GUID.

The one rule: a codec decodes shape, encodes whatever its fields say, and judges nothing. `decode` gives a record or a
`DecodeError` that names structure, offset and problem; whether a record is what MS-DRS asks for is said by `checks` and
by the reference server, which share this room and nothing else.
"""

from __future__ import annotations

from typing import Final

CSR_CN: Final = "7E980AD9-B86D-4306-9425-9AC066FB014A"
"""The common name every certificate request must have (MS-DRS 2.1.1.1.1)."""

NONCE_OID: Final = "1.2.840.113556.1.5.284.2.1"
"""The extension of the certificate request that carries the nonce (MS-DRS 2.1.1.1.1)."""
