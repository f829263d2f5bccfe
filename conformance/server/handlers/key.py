"""Key provisioning (MS-KPP, named by discovery): a user's public key, as a BCRYPT_RSAKEY_BLOB."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.codec import base64
from conformance.server.asked import Asked, Reply
from conformance.server.refusal import Refusal
from conformance.server.transport_key import NAME

if TYPE_CHECKING:
    from .service import Service

MEMBER = "kngc"


def provision(service: Service, asked: Asked) -> Reply:
    """Keeps the key under its id, the base64 SHA-256 of the blob."""
    service.version(asked, "KeyProvision")
    caller = service.authorize(asked)
    text = service.json_object(asked).get(MEMBER)
    if not isinstance(text, str):
        raise Refusal(f"{MEMBER} is missing or not a string.", subcode="error_required_parameter_missing")
    blob = service.behaviour.read_base64(text, MEMBER)
    _accept(service, blob)
    kid = base64.encode(hashlib.sha256(blob).digest())
    service.site.store.add_key(kid, caller.upn, blob, service.site.now())
    return Reply.of(service.behaviour.key_document(kid, caller.upn))


def _accept(service: Service, blob: bytes) -> None:
    """A transport key's rules, under this member's name."""
    try:
        service.behaviour.accept_transport_key(service.behaviour.read_blob(blob))
    except Refusal as refused:
        fault = refused.fault and replace(refused.fault, member=MEMBER)
        raise Refusal(refused.message.replace(NAME, MEMBER, 1), subcode=refused.subcode, fault=fault) from None
