"""Services that conform and are hard to please: one knows whom it serves, the other is busy now and then."""

from __future__ import annotations

from typing import Any

from wrong.wrong_base import DOMAIN, Service
from wrong.wrong_rules import Refused, document, need
from wrong.wrong_said import Asked, Said


class KnownHosts(Service):
    """Takes a TargetDomain that is its own host or one of the tenant's domain (A9), and no stranger's."""

    def read(self, asked: Asked) -> tuple[Any, bool]:
        host = document(asked.body).get("TargetDomain")
        need(isinstance(host, str) and (host == "127.0.0.1" or host.endswith(f".{DOMAIN}")), "that is somebody else")
        return super().read(asked)


class Busy(Service):
    """Asks every so often to be asked again, whatever it was asked, and does not always say when (RFC 9110 15.6.4)."""

    EVERY = 25
    asked = 0

    def answer(self, asked: Asked) -> Said:
        self.asked += 1
        times, others = divmod(self.asked, self.EVERY)
        if others:
            return super().answer(asked)
        return Said(503 if times % 2 else 429, None, {} if times % 8 in {1, 6} else {"Retry-After": "0"})


class Moody(Service):
    """Says that it is busy whenever it cannot read a certificate request: that is no refusal, and not to be let off."""

    def refusal(self, refused: Refused) -> Said:
        if refused.reason == "this is no certificate request":
            return Said(503, None, {"Retry-After": "0"})
        return super().refusal(refused)
