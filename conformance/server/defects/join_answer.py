"""Defects in the answer to a join (2.1.1.1.2)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.codec import base64

from .registry import defect

if TYPE_CHECKING:
    from conformance.server.behaviour import Behaviour


@defect(breaks={"join-answer/thumbprint-value"})
def takes_thumbprint_of_text(honest: Behaviour) -> Behaviour:
    """Takes the thumbprint of the certificate's base64 text in place of its DER."""

    def of_text(certificate: bytes) -> str:
        return hashlib.sha1(base64.encode(certificate).encode()).hexdigest().upper()  # noqa: S324 - the protocol's

    return replace(honest, thumbprint=of_text)
