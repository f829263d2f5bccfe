"""What every handler has at hand: the site, the behaviour, and the few steps that all services share.

The one rule: these steps run in one order everywhere (version, bearer, tenant, media type, JSON), so that the same
fault is answered the same way by every service.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.server.refusal import Refusal, quoted
from conformance.server.tokens import Caller, TokenCase, caller

if TYPE_CHECKING:
    from conformance.server.asked import Asked
    from conformance.server.behaviour import Behaviour
    from conformance.server.chaos import Chaos
    from conformance.server.log import Log
    from conformance.server.site import Site, Tenant


@dataclass(frozen=True, slots=True)
class Service:
    """One running server, as its handlers see it."""

    site: Site
    behaviour: Behaviour
    log: Log | None = None
    chaos: Chaos | None = None

    def version(self, asked: Asked, operation: str) -> str:
        """The api-version asked for, one that the service has."""
        return self.behaviour.accept_version(asked, self.behaviour.versions[operation])

    def tenant(self, asked: Asked) -> Tenant:
        """The tenant that the path names, by id or domain name."""
        tenant = self.behaviour.find_tenant(self.site, asked.params["tenant"])
        if tenant is None:
            problem = f"The tenant {quoted(asked.params['tenant'])} is not known here."
            raise Refusal(problem, status=404, subcode="error_tenant_not_found")
        return tenant

    def authorize(self, asked: Asked) -> Caller:
        """Who bears the token; a 401 when it does not hold."""
        claims = self.behaviour.read_token(self.behaviour.find_token(asked), self.site)
        self.behaviour.accept_token(TokenCase(claims, self.site, self.site.now()))
        return caller(claims, self.site)

    def json_object(self, asked: Asked) -> dict[str, Any]:
        """The JSON object that the body holds."""
        self.behaviour.accept_media_type(asked)
        if not asked.body:
            raise Refusal("The request has no body.", subcode="error_required_parameter_missing")
        value = self.behaviour.read_json(asked.body)
        if not isinstance(value, dict):
            raise Refusal("The body is JSON, but not an object.")
        return value
