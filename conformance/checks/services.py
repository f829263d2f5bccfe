"""What a discovery answer (3.1) names: the services with their endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.checks.verdict import json_object
from conformance.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Services:
    """The members of a discovery answer; shapes are not trusted, since the target wrote them."""

    members: dict[str, Any]

    @classmethod
    def read(cls, exchange: Exchange) -> Services:
        """The services of a discovery exchange; empty when it holds no JSON object."""
        return cls((exchange.answer and json_object(exchange.answer)) or {})

    def value(self, path: str) -> Any:
        """What stands at `Service.Member`, None when nothing does."""
        value: Any = self.members
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def endpoint(self, path: str) -> str | None:
        """The URL at `Service.Member`, None unless it is a text."""
        value = self.value(path)
        return value if isinstance(value, str) and value else None
