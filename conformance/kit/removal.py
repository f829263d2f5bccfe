"""Removing the devices that a run created, where the target offers it: DELETE with the certificate of the device.

The one rule: a device is gone when the target says so, and in no other case.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from conformance.client import Identity
from conformance.client import protocol as steps
from conformance.errors import TargetError
from conformance.exchange import Exchange
from conformance.generate.key_search import private_key_of
from conformance.kit.outcomes import Made, Unproven
from conformance.kit.session import Session

_IN_VAIN = 3  # devices in a row that the target does not remove; the others it will not either


@dataclass(frozen=True, slots=True)
class Left:
    """A device that is still there, and why."""

    device: Made
    why: str


def remove(session: Session, devices: Iterable[Made], gone: Callable[[Made], None]) -> tuple[Left, ...]:
    """Removes them one after the other, telling of each that is gone; those that are left."""
    left: list[Left] = []
    in_vain = 0
    for device in devices:
        why = session.stopped or (left[-1].why if in_vain >= _IN_VAIN else _removed(session, device))
        if why is None:
            in_vain = 0
            gone(device)
        else:
            in_vain += 1
            left.append(Left(device, why))
    return tuple(left)


def _removed(session: Session, device: Made) -> str | None:
    """None when the device is gone, else why it is not."""
    if not device.url.startswith("https:"):
        return "devices are removed over TLS alone, with the certificate of the device"
    try:
        certificate = base64.b64decode(device.certificate, validate=True)
    except ValueError:  # no base64, or not even ASCII
        certificate = b""
    key = private_key_of(certificate)
    if not device.id or key is None:
        return "its certificate is none that we have the key of"
    try:
        exchange = session.send(
            steps.Step("DELETE", device.url, ()), "removal of a device", identity=Identity(certificate, key)
        )
    except (TargetError, Unproven) as error:
        return str(error)
    return next(_kept(exchange), None)


def _kept(exchange: Exchange) -> Iterator[str]:
    if exchange.failure is not None:
        yield exchange.failure.message
    elif exchange.answer is not None and exchange.answer.status not in {200, 204}:
        yield f"the target does not remove it (answered {exchange.answer.status})"
