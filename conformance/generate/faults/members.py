"""Values of members that the schema's keywords do not reach: near misses of JoinType and Type.

The one rule: the JSON type is right, and the value is not one the document defines. Missing members and wrong types
come from the schema (`schema_faults`).
"""

from __future__ import annotations

from typing import Final

from conformance.generate.edits import put

JOIN_TYPE: Final = "join-request/join-type-defined"
CSR_TYPE: Final = "join-request/csr-type"

_JOIN_TYPE = tuple(
    put(JOIN_TYPE, name, f"JoinType is {words}.", "/JoinType", value)
    for name, words, value in (
        ("with-fraction", "4.5", 4.5),
        ("beyond-32-bits", "2 to the power of 32, and 4: the number 4 in 32 bits", 2**32 + 4),
        ("beyond-64-bits", "2 to the power of 64, and 4: the number 4 in 64 bits", 2**64 + 4),
        ("one-hundred", "100", 100),
        ("minus-four", "-4", -4),
    )
)

_CSR_TYPE = tuple(
    put(CSR_TYPE, name, f"CertificateRequest.Type is {text!r}.", "/CertificateRequest/Type", text)
    for name, text in (("pkcs7", "pkcs7"), ("crmf", "crmf"), ("pkcs12", "pkcs12"), ("x509", "x509"))
)

_JOIN_TYPE_KIND = (
    put("join-request/join-type-type", "false", "JoinType is false, which may be read as 0.", "/JoinType", False),
)

FAULTS: Final = (*_JOIN_TYPE, *_JOIN_TYPE_KIND, *_CSR_TYPE)
