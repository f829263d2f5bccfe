"""Device removal (field notes): DELETE with the device's certificate as TLS client certificate.

The one rule: a device removes itself and no other. Over plain HTTP there is no client certificate, so every removal
is a 401 there; over TLS a certificate that our CA did not issue already ends the handshake (Python's `ssl` verifies
what it asks for), so that an unknown certificate here means one of a device that is gone.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from conformance.server.asked import Asked, Reply
from conformance.server.refusal import Refusal

if TYPE_CHECKING:
    from .service import Service


def remove(service: Service, asked: Asked) -> Reply:
    """Forgets the device of the path, whose certificate the connection shows."""
    service.version(asked, "DeviceRemove")
    store = service.site.store
    device = store.device(asked.params["device"])
    if asked.peer_certificate is None:
        raise _refused("The request has no TLS client certificate.")
    if device is None or not hmac.compare_digest(device.certificate, asked.peer_certificate):
        raise _refused("The TLS client certificate is not that of the device.")
    store.remove_device(device.device_id)
    return Reply.of({"message": "Successfully removed the device"})


def _refused(problem: str) -> Refusal:
    """A 401 with the challenge RFC 9110 asks for; no scheme is registered for TLS client certificates."""
    return Refusal(
        problem,
        status=401,
        code="authentication_error",
        subcode="error_missing_device",
        headers={"WWW-Authenticate": 'Certificate realm="MS-DRS"'},
    )
