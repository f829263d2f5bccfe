"""Signing in at a tenant's authority with MSAL, by device code, and keeping the token in the system's keyring.

The one rule: a token is in memory, or in the keyring of the system, and never on disk in clear: a keyring that would
write it there is refused.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.errors import TargetError, UsageError

BROKER = "29d9ed98-a469-4536-ade2-f981bc1d605e"  # 3.3: the application that joins devices
RESOURCE = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9"  # 3.3: the registration service
WORLDWIDE = "https://login.microsoftonline.com"
EXTRA = "login needs MSAL and keyring, which are not installed; install them as drs-conformance[entra]"
_SERVICE = "drs-conformance"
_ENOUGH = 60.0  # seconds a token must be good for to be handed out


@dataclass(frozen=True, slots=True)
class Authority:
    """Where to sign in: `url` with the tenant as its path, for which application, for a token to which resource."""

    url: str
    client: str = BROKER
    resource: str = RESOURCE
    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)

    @property
    def scopes(self) -> list[str]:
        """Everything the application may do there."""
        return [f"{self.resource}/.default"]

    def application(self) -> Any:
        """MSAL's. Raises `UsageError` without the extra, `TargetError` where the authority is none."""
        try:
            import msal  # noqa: PLC0415 - an extra
            import requests  # noqa: PLC0415 - comes with it
        except ImportError:
            raise UsageError(EXTRA) from None
        http = requests.Session()
        http.trust_env = False  # no proxy and no password of the environment, as everywhere
        http.verify = str(self.ca_file) if self.ca_file else True
        if self.proxy:
            http.proxies = {"http": self.proxy, "https": self.proxy}
        known = self.url.startswith(f"{WORLDWIDE}/")
        with self.asked():
            return msal.PublicClientApplication(
                self.client, authority=self.url, http_client=http, instance_discovery=known, validate_authority=known
            )

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Around what MSAL asks it for. Raises `TargetError`, one sentence, where it gives no answer of sense."""
        try:
            yield
        except (ValueError, OSError) as error:  # requests' errors are OSErrors
            raise TargetError(f"the authority {self.url} cannot be asked: {_why(error)}") from None


def authority_url(text: str | None, tenant: str, said: str) -> str:
    """The authority's URL with the tenant. Raises `UsageError`."""
    base = (text or WORLDWIDE).rstrip("/")
    parts = urlsplit(base)
    if parts.scheme != "https" or not parts.hostname or "@" in base:
        raise UsageError(f"{said} is no https URL of a host; pass one such as {WORLDWIDE}")
    return f"{base}/{tenant}"


def sign_in(authority: Authority, tell: Callable[[str], None]) -> Mapping[str, Any]:
    """The answer with the token, once the user has signed in on another device. Raises `TargetError`."""
    application = authority.application()
    with authority.asked():
        flow = application.initiate_device_flow(scopes=authority.scopes)
        if "user_code" not in flow:
            raise TargetError(f"the authority begins no device code flow: {_told(flow)}")
        tell(str(flow["message"]))
        answer: Mapping[str, Any] = application.acquire_token_by_device_flow(flow)
    if "access_token" not in answer:
        raise TargetError(f"the authority gave no token: {_told(answer)}")
    return answer


def check_keyring() -> None:
    """Raises `UsageError` without a safe keyring: said before anybody has signed in."""
    _keyring()


def keep(authority: Authority, answer: Mapping[str, Any]) -> None:
    """Puts the token into the system's keyring. Raises `UsageError` without a safe one."""
    ring = _keyring()
    until = time.time() + float(answer.get("expires_in", 0))
    ring.set_password(_SERVICE, _name(authority, "access"), json.dumps([answer["access_token"], until]))
    if refresh := answer.get("refresh_token"):
        ring.set_password(_SERVICE, _name(authority, "refresh"), refresh)


def kept(authority: Authority) -> str:
    """The token of the keyring, renewed where it can be. Raises `UsageError` and `TargetError`."""
    ring = _keyring()
    token, until = json.loads(ring.get_password(_SERVICE, _name(authority, "access")) or '["", 0]')
    if token and time.time() + _ENOUGH < until:
        return str(token)
    refresh = ring.get_password(_SERVICE, _name(authority, "refresh"))
    application = authority.application() if refresh else None
    with authority.asked():
        answer = application.acquire_token_by_refresh_token(refresh, authority.scopes) if application else {}
    if "access_token" not in answer:
        raise UsageError("the keyring has no token that is still good; sign in with drs-conformance login --keyring")
    keep(authority, answer)
    return str(answer["access_token"])


def _keyring() -> Any:
    try:
        import keyring  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError(EXTRA) from None
    backend = keyring.get_keyring()
    module = type(backend).__module__
    if module.startswith(("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")):
        raise UsageError(
            "this system has no keyring that keeps a token safe; leave out --keyring, and the token is in memory alone"
        )
    return backend


def _name(authority: Authority, what: str) -> str:
    return f"{authority.url} {authority.client} {authority.resource} {what}"


def _told(answer: Mapping[str, Any]) -> str:
    said = str(answer.get("error_description") or answer.get("error") or "no reason given")
    return " ".join(said.split())[:200]


def _why(error: Exception) -> str:
    """What went wrong with the authority, in words of ours where requests has those of its pools."""
    from requests import exceptions  # noqa: PLC0415 - comes with the extra

    kinds = {
        exceptions.SSLError: "TLS with it fails; where its CA is one of your own, pass it as --tls-ca-file",
        exceptions.ProxyError: "the proxy does not lead to it; check --proxy",
        exceptions.Timeout: "it does not answer in time",
        exceptions.ConnectionError: "nothing answers there; check --authority, or whether this network needs --proxy",
    }
    said = next((words for kind, words in kinds.items() if isinstance(error, kind)), str(error))
    return (" ".join(said.split()) or type(error).__name__)[:200]
