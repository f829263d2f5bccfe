"""The application: which service stands at which path, by Starlette's routing, and how a request comes to it.

The one rule: a request gets the same answer over ASGI and at once. Paths are compared without case, as the field does.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from starlette.routing import Match, Route, Router

from .asked import Asked, Reply
from .endpoint import Endpoint, Handler, query
from .handlers import authorize, device, devicecode, discover, join, key, mint, oauth
from .refusal import Refusal

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from .asked import Beside
    from .handlers.service import Service
    from .plain import Plain

ABSOLUTE = re.compile(r"^https?://[^/]*")  # a target in absolute-form, which RFC 9112 3.2.2 obliges a server to accept

ROUTES: tuple[tuple[str, str, Mapping[str, Handler]], ...] = (
    ("Discover", "/{tenant}/discover", {"GET": discover.discover}),
    ("Nonce", "/enrollmentserver/nonce/{tenant}", {"GET": discover.nonce}),
    ("DeviceJoin", "/enrollmentserver/device", {"POST": join.join}),
    ("DevicePrecreate", "/enrollmentserver/device/precreate/{tenant}", {"POST": join.precreate}),
    ("DeviceRemove", "/enrollmentserver/device/{device}", {"DELETE": device.remove}),
    ("KeyProvision", "/enrollmentserver/key", {"POST": key.provision}),
    ("Metadata", "/{tenant}/.well-known/openid-configuration", {"GET": oauth.metadata}),
    ("Metadata", "/{tenant}/v2.0/.well-known/openid-configuration", {"GET": oauth.metadata}),
    ("Keys", "/{tenant}/discovery/keys", {"GET": oauth.keys}),
    ("Token", "/{tenant}/oauth2/token", {"POST": oauth.token}),
    ("Token", "/{tenant}/oauth2/v2.0/token", {"POST": oauth.token}),
    ("Authorize", "/{tenant}/oauth2/authorize", {"GET": authorize.authorize, "POST": authorize.authorize}),
    ("Authorize", "/{tenant}/oauth2/v2.0/authorize", {"GET": authorize.authorize, "POST": authorize.authorize}),
    ("UserRealm", "/common/userrealm/{user}", {"GET": oauth.user_realm}),
    ("NativeClient", "/common/oauth2/nativeclient", {"GET": authorize.native_client}),
    ("DeviceCode", "/{tenant}/oauth2/devicecode", {"POST": devicecode.device_code}),
    ("DeviceCode", "/{tenant}/oauth2/v2.0/devicecode", {"POST": devicecode.device_code}),
    ("DeviceLogin", "/devicelogin", {"GET": devicecode.login_page, "POST": devicecode.login}),
    ("MintToken", "/management/token", {"POST": mint.token}),
    ("MintChallenge", "/management/challenge", {"POST": mint.challenge}),
    ("MintNonce", "/management/nonce", {"POST": mint.nonce}),
    ("State", "/management/state", {"GET": mint.state}),
    ("State", "/management/device/{device}", {"GET": mint.device}),
    ("Health", "/healthz", {"GET": mint.health}),
)


def _nowhere(_service: Service, _asked: Asked) -> Reply:
    raise Refusal("There is nothing at this path.", status=404, subcode="error_not_found")


class Application:
    """The ASGI application of one running server, and `at_once`: the same for a request that came whole."""

    def __init__(self, service: Service) -> None:
        self._log = service.log
        self._routes = [Route(path, Endpoint(service, operation, handlers)) for operation, path, handlers in ROUTES]
        self._nowhere = Endpoint(service, "None", {}, otherwise=_nowhere)
        self._router = Router(self._routes, redirect_slashes=False, default=self._nowhere)
        self._found = lru_cache(maxsize=256)(self._find)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers over ASGI."""
        scope["path"] = _compared(scope["path"])
        await self._router(scope, receive, send)

    def at_once(self, request: Plain, connection: tuple[int, int], peer: bytes | None, beside: Beside) -> Reply:
        """The answer to a request that came whole, without a task and without waiting; chaos is not for it."""
        began = time.perf_counter()
        head = request.head
        path = _compared(head.path)
        endpoint, params = self._found(path)
        asked = Asked(
            method=head.method,
            path=path,
            params=params,
            query=query(head.query),
            headers=head.headers,
            body=request.body,
            peer_certificate=peer,
            connection=connection,
            target=head.path,
            beside=beside,
        )
        asked, reply, refused = endpoint.handled(asked)
        if self._log:
            self._log(asked, reply, refused, time.perf_counter() - began)
        return reply

    def _find(self, path: str) -> tuple[Endpoint, Mapping[str, str]]:
        """What the router finds at a path."""
        for route in self._routes:
            match, found = route.matches({"type": "http", "method": "", "path": path})
            if match is Match.FULL:
                return found["endpoint"], found["path_params"]
        return self._nowhere, {}


def application(service: Service) -> Application:
    """The application of one running server."""
    return Application(service)


@lru_cache(maxsize=64)
def _compared(path: str) -> str:
    """A path as it is compared: without case, the slash at its end, and what absolute-form has before it."""
    path = ABSOLUTE.sub("", path.lower()) or "/"
    return path[:-1] if path.endswith("/") and len(path) > 1 else path
