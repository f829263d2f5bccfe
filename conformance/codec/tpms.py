"""TPMS_ATTEST and every attestation it can carry (TPM 2.0 Library, Part 2, section 10.12).

The one rule: the fields stay as written, whatever `magic` is; a `type` without an arm in TPMU_ATTEST is a DecodeError,
because nothing says how to read on. How long a name or a digest may be is each TPM's own affair, and not held here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from conformance.codec.heard import Listener, nobody
from conformance.codec.tpmwire import TPM2B, UINT16, UINT32, UINT64, YES_NO, Fixed, ListOf, Octets, Structure, Tag, Walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.codec.tpmwire import Kind

STRUCTURE: Final = "TPMS_ATTEST"
GENERATED: Final = b"\xffTCG"
"""TPM_GENERATED_VALUE: what a TPM puts before whatever it made itself (6.2)."""


class AttestationType(IntEnum):
    """TPMI_ST_ATTEST: the structure tags of attestations (6.9, 10.12.10)."""

    NV = 0x8014
    COMMAND_AUDIT = 0x8015
    SESSION_AUDIT = 0x8016
    CERTIFY = 0x8017
    QUOTE = 0x8018
    TIME = 0x8019
    CREATION = 0x801A
    NV_DIGEST = 0x801C


@dataclass(frozen=True, slots=True)
class ClockInfo:
    """TPMS_CLOCK_INFO (10.11.1): milliseconds of powered time, and how often the TPM was reset and restarted."""

    clock: int
    reset_count: int
    restart_count: int
    safe: bool


@dataclass(frozen=True, slots=True)
class PcrSelection:
    """TPMS_PCR_SELECTION (10.6.2): a hash algorithm and a bit map, PCR 0 the lowest bit of the first octet."""

    hash: int
    select: bytes

    @property
    def pcrs(self) -> tuple[int, ...]:
        """The numbers of the PCRs selected."""
        return tuple(8 * index + bit for index, octet in enumerate(self.select) for bit in range(8) if octet >> bit & 1)


@dataclass(frozen=True, slots=True)
class CertifyInfo:
    """TPMS_CERTIFY_INFO (10.12.3): the object certified."""

    name: bytes
    qualified_name: bytes


@dataclass(frozen=True, slots=True)
class QuoteInfo:
    """TPMS_QUOTE_INFO (10.12.4): the PCRs selected, and the digest of their values."""

    pcr_select: tuple[PcrSelection, ...]
    pcr_digest: bytes


@dataclass(frozen=True, slots=True)
class CommandAuditInfo:
    """TPMS_COMMAND_AUDIT_INFO (10.12.5): the audit log's counter and digest, and the digest of the commands audited."""

    audit_counter: int
    digest_alg: int
    audit_digest: bytes
    command_digest: bytes


@dataclass(frozen=True, slots=True)
class SessionAuditInfo:
    """TPMS_SESSION_AUDIT_INFO (10.12.6): whether nothing but the session's commands ran, and their digest."""

    exclusive_session: bool
    session_digest: bytes


@dataclass(frozen=True, slots=True)
class CreationInfo:
    """TPMS_CREATION_INFO (10.12.7): the object created, and the digest of how."""

    object_name: bytes
    creation_hash: bytes


@dataclass(frozen=True, slots=True)
class NvCertifyInfo:
    """TPMS_NV_CERTIFY_INFO (10.12.8): an NV index, and its contents from an offset on."""

    index_name: bytes
    offset: int
    nv_contents: bytes


@dataclass(frozen=True, slots=True)
class NvDigestCertifyInfo:
    """TPMS_NV_DIGEST_CERTIFY_INFO (10.12.9): an NV index, and the digest of its contents."""

    index_name: bytes
    nv_digest: bytes


@dataclass(frozen=True, slots=True)
class TimeInfo:
    """TPMS_TIME_INFO (10.11.6): milliseconds since the TPM was last reset, and its clock."""

    time: int
    clock_info: ClockInfo


@dataclass(frozen=True, slots=True)
class TimeAttestInfo:
    """TPMS_TIME_ATTEST_INFO (10.12.2): the TPM's time and firmware."""

    time: TimeInfo
    firmware_version: int


Attested = (
    CertifyInfo
    | QuoteInfo
    | CommandAuditInfo
    | SessionAuditInfo
    | CreationInfo
    | NvCertifyInfo
    | NvDigestCertifyInfo
    | TimeAttestInfo
)

_CLOCK_INFO: Final = Structure(
    ClockInfo,
    {
        "clock": ("clock", UINT64),
        "resetCount": ("reset_count", UINT32),
        "restartCount": ("restart_count", UINT32),
        "safe": ("safe", YES_NO),
    },
)
_PCR_SELECTION: Final = Structure(PcrSelection, {"hash": ("hash", UINT16), "pcrSelect": ("select", Octets(1))})
_TIME_INFO: Final = Structure(TimeInfo, {"time": ("time", UINT64), "clockInfo": ("clock_info", _CLOCK_INFO)})

_ARMS: Final[dict[AttestationType, Structure]] = {
    AttestationType.NV: Structure(
        NvCertifyInfo,
        {"indexName": ("index_name", TPM2B), "offset": ("offset", UINT16), "nvContents": ("nv_contents", TPM2B)},
    ),
    AttestationType.COMMAND_AUDIT: Structure(
        CommandAuditInfo,
        {
            "auditCounter": ("audit_counter", UINT64),
            "digestAlg": ("digest_alg", UINT16),
            "auditDigest": ("audit_digest", TPM2B),
            "commandDigest": ("command_digest", TPM2B),
        },
    ),
    AttestationType.SESSION_AUDIT: Structure(
        SessionAuditInfo,
        {"exclusiveSession": ("exclusive_session", YES_NO), "sessionDigest": ("session_digest", TPM2B)},
    ),
    AttestationType.CERTIFY: Structure(
        CertifyInfo, {"name": ("name", TPM2B), "qualifiedName": ("qualified_name", TPM2B)}
    ),
    AttestationType.QUOTE: Structure(
        QuoteInfo,
        {"pcrSelect": ("pcr_select", ListOf(_PCR_SELECTION, "selection")), "pcrDigest": ("pcr_digest", TPM2B)},
    ),
    AttestationType.TIME: Structure(
        TimeAttestInfo, {"time": ("time", _TIME_INFO), "firmwareVersion": ("firmware_version", UINT64)}
    ),
    AttestationType.CREATION: Structure(
        CreationInfo, {"objectName": ("object_name", TPM2B), "creationHash": ("creation_hash", TPM2B)}
    ),
    AttestationType.NV_DIGEST: Structure(
        NvDigestCertifyInfo, {"indexName": ("index_name", TPM2B), "nvDigest": ("nv_digest", TPM2B)}
    ),
}
_ARM_OF: Final = {arm.record: arm for arm in _ARMS.values()}
_HEAD: Final[Mapping[str, tuple[str, Kind]]] = {
    "magic": ("magic", Fixed(4)),
    "type": ("type", Tag(frozenset(AttestationType), "attestation of TPM 2.0 Part 2")),
    "qualifiedSigner": ("qualified_signer", TPM2B),
    "extraData": ("extra_data", TPM2B),
    "clockInfo": ("clock_info", _CLOCK_INFO),
    "firmwareVersion": ("firmware_version", UINT64),
}


@dataclass(frozen=True, slots=True)
class Attestation:
    """TPMS_ATTEST (10.12.12). `type` says by its number what `attested` is; one where they differ can be written."""

    magic: bytes
    type: int
    qualified_signer: bytes
    extra_data: bytes
    clock_info: ClockInfo
    firmware_version: int
    attested: Attested

    @classmethod
    def decode(cls, data: bytes, listen: Listener = nobody) -> Attestation:
        """The attestation these octets are, to the last one; `listen` hears every field, those before a fault too."""
        walk = Walk(data, STRUCTURE, listen)
        values = {attribute: kind.read(walk, name) for name, (attribute, kind) in _HEAD.items()}
        attested = _ARMS[AttestationType(values["type"])].read(walk, "attested")
        walk.finish()
        return cls(**values, attested=attested)

    def encode(self) -> bytes:
        """The octets the fields say; OverflowError for a number or a size that its field cannot hold."""
        head = b"".join(kind.write(getattr(self, attribute)) for attribute, kind in _HEAD.values())
        return head + _ARM_OF[type(self.attested)].write(self.attested)
