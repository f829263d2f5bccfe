"""Where an authorization answer may go (RFC 6749 3.1.2, RFC 8252), and how it gets there.

The one rule: a redirect URI is registered, or nothing is sent to it: it is compared as text, whole, and of a loopback
URI only the port is free (RFC 8252 7.3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from conformance.errors import UsageError

from . import pages
from .asked import Reply
from .oauth import OAuthError
from .site import BROKER

if TYPE_CHECKING:
    from .site import Site

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"  # the code is shown, for the user to take it over
LOOPBACK = tuple(f"http://{host}{path}" for host in ("127.0.0.1", "localhost", "[::1]") for path in ("", "/"))
BROKERS = (  # those that Windows, libhimmelblau and roadtx name; a web view watches for them
    "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRS",
    f"ms-appx-web://Microsoft.AAD.BrokerPlugin/{BROKER}",
    "ms-aadj-redir://auth/drs",
    "msauth://Microsoft.AAD.BrokerPlugin",
)
NATIVE_CLIENT = "/common/oauth2/nativeclient"  # of this server: a page that says nothing, for a web view to watch
WOULD_DO = "http://127.0.0.1 or http://localhost with any port would do, and what serve is told with --redirect-uri."
MODES = ("query", "fragment", "form_post")
_PORT = re.compile(r"^(http://(?:localhost|127\.0\.0\.1|\[::1\])):[0-9]{1,5}(?=[/?]|$)")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+")  # RFC 3986, and no fragment
_SCRIPTS = ("javascript:", "data:", "vbscript:", "about:", "blob:", "file:")


def registered(site: Site) -> tuple[str, ...]:
    """Every redirect URI of the one client."""
    return (*LOOPBACK, *BROKERS, OUT_OF_BAND, site.url + NATIVE_CLIENT, *site.redirects)


def checked(given: tuple[str, ...]) -> tuple[str, ...]:
    """Those that `--redirect-uri` adds. Raises `UsageError`."""
    for uri in given:
        if not _URI.fullmatch(uri) or uri.lower().startswith(_SCRIPTS):
            raise UsageError(
                f"--redirect-uri {uri!r} is no redirect URI; "
                "pass an absolute one without a fragment, such as http://127.0.0.1/callback"
            )
    return given


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where the answer of one request goes, how (`response_mode`), and the `state` that it brings back, if any."""

    uri: str
    mode: str
    state: str | None

    @classmethod
    def of(cls, site: Site, given: Mapping[str, str]) -> WayBack:
        """The way back of a request. OAuthError, for the user to see, where it has none that is safe (4.1.2.1)."""
        uri = given.get("redirect_uri", "")
        if _any_port(uri) not in {_any_port(known) for known in registered(site)}:
            problem = "is not one of this application's" if uri else "is missing"
            raise OAuthError("invalid_request", f"redirect_uri {problem}: {WOULD_DO}")
        mode = given.get("response_mode", "query")
        return cls(uri, mode if mode in MODES else "query", given.get("state"))

    def reply(self, **answer: str) -> Reply:
        """The answer on its way."""
        parameters = answer if self.state is None else {**answer, "state": self.state}
        if self.uri == OUT_OF_BAND:
            return pages.shown(parameters)
        if self.mode == "form_post":
            return pages.posted(self.uri, self.source, parameters)
        mark = "#" if self.mode == "fragment" else "&" if "?" in self.uri else "?"
        where = (("Location", self.uri + mark + urlencode(parameters)),)
        return Reply(303, (*where, *pages.PRIVATE))

    @property
    def source(self) -> str:
        """It as a source of a content security policy, which has to let a form lead there; it knows no IPv6 address."""
        parts = urlsplit(self.uri)
        named = parts.scheme in ("http", "https") and "[" not in parts.netloc
        return f"{parts.scheme}://{parts.netloc}" if named else f"{parts.scheme}:"


def _any_port(uri: str) -> str:
    """A loopback URI without its port; another as it is."""
    return _PORT.sub(r"\1", uri)
