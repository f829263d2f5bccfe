"""When a target is given up: nobody answers any more, or one service of it has not answered many times in a row.

The one rule: one request without an answer may be the fault of that request. It takes a probe without one too, or as
many without any between them as no fault of theirs explains; and what is said names the last of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from conformance.client import Target, Transport
from conformance.client import protocol as steps
from conformance.exchange import Exchange, FailureKind

IN_A_ROW: Final = 8
_PROBE_SECONDS: Final = 5.0
_DEAD: Final = {FailureKind.UNREACHABLE, FailureKind.TIMEOUT, FailureKind.TLS, FailureKind.RESET}
_WOULD_DO: Final = {
    FailureKind.UNREACHABLE: "see whether it is up, and --target right",
    FailureKind.TLS: "pass the CA of its certificate as --tls-ca-file, or --insecure to do without",
}
_UP: Final = "see whether it is up"


@dataclass(slots=True)
class Breaker:
    """Told of every exchange of a session. `before`: requests of the run that are not the session's."""

    before: int = 0
    _silent: Counter[tuple[str, str]] = field(default_factory=Counter)

    def trips(self, exchange: Exchange, target: Target, transport: Transport) -> str | None:
        """Why nothing more is to be sent after this exchange; None while there is no reason."""
        failure, request = exchange.failure, exchange.request
        place = request.method, urlsplit(request.url).path
        if failure is None or failure.kind not in _DEAD:
            self._silent.pop(place, None)
            return None
        after = f"after request {self.before + transport.requests} ({request.label})"
        if _dead(target, transport):
            would_do = _WOULD_DO.get(failure.kind, _UP)
            return f"the target at {target.url} gives no answer: {failure.message}; {would_do}; given up {after}"
        if failure.kind is not FailureKind.TIMEOUT:
            return None
        self._silent[place] += 1
        if self._silent[place] < IN_A_ROW:
            return None
        return (
            f"the target at {target.url} has not answered {' '.join(place)} {IN_A_ROW} times in a row "
            f"({failure.message}); see what it waits for, or raise --timeout; given up {after}"
        )


def _dead(target: Target, transport: Transport) -> bool:
    """Whether the simplest question gets no answer either."""
    step = steps.discover(target.url, target.tenant)
    probe = transport.send(
        step.method,
        step.url,
        headers=step.headers,
        label="is the target alive",
        timeout=min(_PROBE_SECONDS, target.timeout),
    )
    return probe.failure is not None and probe.failure.kind in _DEAD
