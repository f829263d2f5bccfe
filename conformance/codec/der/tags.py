"""Identifier octets of ASN.1 types as this project meets them (X.680 8.6, X.690 8.1.2)."""

from __future__ import annotations

from typing import Final

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8_STRING: Final = 0x0C
NUMERIC_STRING: Final = 0x12
PRINTABLE_STRING: Final = 0x13
TELETEX_STRING: Final = 0x14
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
VISIBLE_STRING: Final = 0x1A
UNIVERSAL_STRING: Final = 0x1C
BMP_STRING: Final = 0x1E
SEQUENCE: Final = 0x30
SET: Final = 0x31

CONSTRUCTED: Final = 0x20
CONTEXT: Final = 0x80
PRIVATE: Final = 0xC0
HIGH_NUMBER: Final = 0x1F

NAMES: Final = {
    BOOLEAN: "BOOLEAN",
    INTEGER: "INTEGER",
    BIT_STRING: "BIT STRING",
    OCTET_STRING: "OCTET STRING",
    NULL: "NULL",
    OBJECT_IDENTIFIER: "OBJECT IDENTIFIER",
    ENUMERATED: "ENUMERATED",
    UTF8_STRING: "UTF8String",
    NUMERIC_STRING: "NumericString",
    PRINTABLE_STRING: "PrintableString",
    TELETEX_STRING: "TeletexString",
    IA5_STRING: "IA5String",
    UTC_TIME: "UTCTime",
    GENERALIZED_TIME: "GeneralizedTime",
    VISIBLE_STRING: "VisibleString",
    UNIVERSAL_STRING: "UniversalString",
    BMP_STRING: "BMPString",
    SEQUENCE: "SEQUENCE",
    SET: "SET",
}


def describe(tag: int) -> str:
    """A tag in words: `SEQUENCE`, `[0] constructed`, or `tag 0x1f` where there is no better name."""
    if tag in NAMES:
        return NAMES[tag]
    if CONTEXT <= tag < PRIVATE and tag & HIGH_NUMBER != HIGH_NUMBER:  # one octet of class context-specific
        return f"[{tag & HIGH_NUMBER}]" + (" constructed" if tag & CONSTRUCTED else "")
    return f"tag 0x{tag:02x}"
