"""The Device Join Service (2.1.1.1, 3.3), at the JoinEndpoint and at the PrecreateEndpoint.

The one rule: nothing is written before everything was judged, and then all of it at once: the nonce and the challenge
are spent in the transaction that writes the device, and before the certificate is signed.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from conformance.server import certificate, challenges, nonces
from conformance.server.asked import Asked, Reply
from conformance.server.case import JoinCase, Joined
from conformance.server.members import Body
from conformance.server.refusal import unauthorized
from conformance.server.store import Device
from conformance.server.tokens import Caller

if TYPE_CHECKING:
    from .service import Service


_guid = lru_cache(maxsize=256)(uuid.UUID)  # of users and tenants, who come again


def join(service: Service, asked: Asked) -> Reply:
    """Creates a device for the bearer, in the bearer's tenant."""
    version = service.version(asked, "DeviceJoin")
    caller = service.authorize(asked)
    body = service.json_object(asked)
    return _create(_case(service, body, caller, version, precreate=False))


def precreate(service: Service, asked: Asked) -> Reply:
    """Creates a device for the bearer with a challenge of the path's tenant, which must be the bearer's too."""
    version = service.version(asked, "DevicePrecreate")
    tenant = service.tenant(asked)
    caller = service.authorize(asked)
    if caller.tenant != tenant:
        raise unauthorized("The bearer token is of another tenant than the PrecreateEndpoint.")
    body = service.json_object(asked)
    return _create(_case(service, body, caller, version, precreate=True))


def _case(service: Service, body: Body, caller: Caller, version: str, *, precreate: bool) -> JoinCase:
    tenant = caller.tenant
    return JoinCase(
        service.behaviour, service.site, body, caller=caller, tenant=tenant, version=version, precreate=precreate
    )


def _create(case: JoinCase) -> Reply:
    behaviour = case.behaviour
    behaviour.accept_join(case)
    with case.site.store.transaction():
        _spend(case)
        reused = behaviour.reused_device(case)
        device_id = uuid.UUID(reused) if reused else uuid.uuid4()
        joined = _issue(case, device_id)
        case.site.store.add_device(_device(joined))
    return Reply.of(behaviour.join_document(joined), behaviour.join_status)


def _spend(case: JoinCase) -> None:
    store, behaviour = case.site.store, case.behaviour
    if case.nonce is not None and not behaviour.spend_nonce(store, nonces.digest(case.nonce)):
        raise nonces.spent()
    if case.challenge is not None:
        jti, expires = str(case.challenge.get("jti")), float(case.challenge.get("exp", 0))
        if not behaviour.spend_challenge(store, jti, expires):
            raise challenges.spent()


def _issue(case: JoinCase, device_id: uuid.UUID) -> Joined:
    behaviour, key = case.behaviour, case.site.keys.ca
    user, tenant = _guid(case.caller.object_id), _guid(case.tenant.tenant_id)
    holder = certificate.Holder(device_id, user, tenant, case.join_type, case.tenant.region)
    now = datetime.fromtimestamp(case.now, UTC)
    strict = certificate.order(holder, case.spki, now, certificate.key_id(key))
    signed = behaviour.sign(behaviour.order(strict, holder, case), key)
    return Joined(case, device_id, signed, behaviour.thumbprint(signed))


def _device(joined: Joined) -> Device:
    case = joined.case
    return Device(
        device_id=str(joined.device_id),
        tenant=case.tenant.tenant_id,
        upn=case.caller.upn,
        join_type=case.join_type,
        display_name=case.text("/DeviceDisplayName"),
        device_type=case.text("/DeviceType"),
        os_version=case.text("/OSVersion"),
        shared=int(case.flag("SharedDevice")),
        key_hash=case.key_hash,
        transport_key=case.transport_key,
        thumbprint=joined.thumbprint,
        certificate=joined.certificate,
        created=case.now,
    )
