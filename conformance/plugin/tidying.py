"""What a run leaves behind at the target, removed: at its end, or later from its ledger.

The one rule: what was removed is written down as it goes, so that whoever is interrupted can go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from conformance.client import Credentials, Target, Transport
from conformance.client.target import check_url
from conformance.errors import UsageError
from conformance.kit import Made, Session, profile
from conformance.kit.removal import Left, remove
from conformance.plugin.journal import Journal, remaining
from conformance.plugin.network import hiding


@dataclass(frozen=True, slots=True)
class Tidied:
    """What became of the devices of a ledger: the ids of those that are gone, those left, and requests unanswered."""

    removed: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()
    unanswered: int = 0

    def __add__(self, other: Tidied) -> Tidied:
        return Tidied(self.removed + other.removed, self.left + other.left, self.unanswered + other.unanswered)


def tidy(ledger: Path, target: Target) -> Tidied:
    """Removes the devices of a run from its target, where that offers it. Raises `UsageError`."""
    if not ledger.exists() or not target.url.startswith("https:"):
        return Tidied()  # without TLS no device can show who it is
    return _removed(ledger, target, remaining(ledger).devices)


def clean(ledger: Path, target_at: Callable[[str], Target]) -> Tidied:
    """Removes the devices of a ledger from wherever it says they are. Raises `UsageError`."""
    by_origin: dict[str, list[Made]] = {}
    open_ones = remaining(ledger)
    if ledger.stat().st_size == 0:
        raise UsageError(f"{str(ledger)!r} is empty, as no ledger is; name the devices.jsonl of a run")
    for device in open_ones.devices:
        by_origin.setdefault(_origin(device.url), []).append(device)
    unknown = by_origin.pop("", [])
    left = tuple(Left(device, "the ledger does not say where it is removed") for device in unknown)
    tidied = Tidied(left=left, unanswered=open_ones.unanswered)
    targets = {origin: target_at(origin) for origin in by_origin}
    if len(targets) > 1 and any(target.network.headers for target in targets.values()):
        raise UsageError(
            f"{str(ledger)!r} has devices at {' and '.join(sorted(targets))[:300]}, and --header would go to each; "
            "clean up each by a ledger of its own"
        )
    for origin, devices in by_origin.items():
        tidied += _removed(ledger, targets[origin], devices)
    return _but_others(tidied, ledger) if tidied.left else tidied


def _but_others(tidied: Tidied, ledger: Path) -> Tidied:
    """Without what another process has removed from this ledger meanwhile."""
    there = {device.id for device in remaining(ledger).devices}
    left = tuple(one for one in tidied.left if one.device.id in there)
    gone = tuple(one.device.id for one in tidied.left if one.device.id not in there)
    return Tidied(tidied.removed + gone, left, tidied.unanswered)


def _origin(url: str) -> str:
    """Scheme, host and port of a URL as it is written; empty for what leads nowhere."""
    try:
        parts = urlsplit(url)
        return check_url(f"{parts.scheme}://{parts.netloc}")
    except (ValueError, UsageError):
        return ""


def _removed(ledger: Path, target: Target, devices: Iterable[Made]) -> Tidied:
    journal = Journal(ledger, synced=not target.loopback)
    removed: list[str] = []

    def gone(device: Made) -> None:
        removed.append(device.id)
        journal.gone(device.id)

    secrets = hiding(target)
    with Transport(target, secrets) as transport:
        session = Session(target, Credentials(), secrets, transport, profile("quick"))
        left = remove(session, devices, gone)
    return Tidied(tuple(removed), left)
