"""From settings to a listening server: store, keys, behaviour, certificate files, socket, uvicorn.

The one rule: whatever can be wrong with the settings is found out here, before a byte is served, as a UsageError; and
whatever was put on disk for the run is gone after it, but for a state file.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from conformance.errors import UsageError

from . import authority, challenges, defects, redirects
from .app import Application, application
from .behaviour import Behaviour, strict
from .chaos import Chaos
from .field import like_field
from .handlers.service import Service
from .keyring import device_ca, keyring, password, tls_ca
from .log import Log
from .peer import hearing
from .settings import HOST, Ready, Settings
from .site import BROKER, FIELD_HOST, RESOURCE, Site, Tenant
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

TENANTS = (Tenant.of("contoso.example", "Contoso"), Tenant.of("fabrikam.example", "Fabrikam"))
LIKES = {"field": like_field}
GRACE = 3  # seconds an open request has to end with a server of one run
LONG_GRACE = 12  # and with a service: longer than a body may take to arrive (bodies.READ_SECONDS)


def behaviour_of(settings: Settings) -> Behaviour:
    """The behaviour that the settings ask for; UsageError for a habit or a defect that does not exist."""
    honest = strict()
    if settings.like is not None:
        if settings.like not in LIKES:
            raise UsageError(f"--like {settings.like!r} is not known; what would do: {', '.join(LIKES)}")
        honest = LIKES[settings.like](honest)
    return defects.apply(honest, settings.defects)


@dataclass(frozen=True, slots=True)
class Shared:
    """What every worker of one server goes by; whatever else they share is in the state file."""

    settings: Settings
    url: str
    state: Path


@contextlib.contextmanager
def hosted(settings: Settings) -> Iterator[tuple[uvicorn.Config, socket.socket, Ready]]:
    """Everything a server of one process needs, on a bound socket; taken down at the end."""
    with prepared(settings) as (shared, listener, ready), configured(shared) as config:
        yield config, listener, ready


@contextlib.contextmanager
def prepared(settings: Settings) -> Iterator[tuple[Shared, socket.socket, Ready]]:
    """What is done once for all workers: settings judged, socket bound, keys made, the CA's file written."""
    behaviour_of(settings)
    redirects.checked(settings.redirect_uris)
    if not settings.tls and (name := next((name for name in settings.defects if defects.find(name).tls), None)):
        raise UsageError(f"--defect {name} is one of TLS, which is not spoken; add --tls")
    if settings.chaos is not None and settings.workers > 1:
        raise UsageError(
            "--chaos troubles requests in the order they come, which several workers do not know; "
            f"leave out --workers {settings.workers}, or --chaos"
        )
    with (
        tempfile.TemporaryDirectory(prefix="drs-serve-") as folder,
        contextlib.closing(_socket(settings.port)) as listener,
    ):
        scheme = "https" if settings.tls else "http"
        url = f"{scheme}://{HOST}:{listener.getsockname()[1]}"
        shared = Shared(settings, url, _state(settings, Path(folder)))
        ca = Path(f"{settings.state}.ca.pem" if settings.state else f"{folder}/ca.pem").absolute()
        with contextlib.closing(_store(shared)) as store:
            site = _site(shared, store)
            _write(ca, _bundle(shared, site))
            ready = _ready(site, ca)
        yield shared, listener, ready


@contextlib.contextmanager
def configured(shared: Shared, grace: int = GRACE) -> Iterator[uvicorn.Config]:
    """One worker's part; `grace` is how many seconds open requests have once it is told to end."""
    settings = shared.settings
    behaviour = behaviour_of(settings)
    with contextlib.closing(_store(shared)) as store:
        site = _site(shared, store)
        log = Log() if settings.log else None
        chaos = None if settings.chaos is None else Chaos(settings.chaos)
        app = application(Service(site, behaviour, log, chaos))
        at_once = app.at_once if isinstance(app, Application) and chaos is None else None
        config = uvicorn.Config(
            app,
            http=hearing(behaviour.hear, log.unreadable if log else None, at_once),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=grace,
        )
        config.load()
        if settings.tls:
            config.ssl = _tls(tls_ca(store), device_ca(store, site.keys.ca), behaviour.oldest_tls)
        yield config


def _state(settings: Settings, folder: Path) -> Path:
    """Where the state is kept: in a file of the run's own, unless one is named."""
    if settings.state is None:
        return folder / "state.sqlite"
    if not settings.state.parent.is_dir():
        raise UsageError(f"--state {settings.state} cannot be made: {settings.state.parent} is not a folder")
    if settings.state.is_dir():
        raise UsageError(f"--state {settings.state} is a folder; name a file")
    return settings.state


def _store(shared: Shared) -> Store:
    return Store(shared.state, lasting=shared.settings.state is not None)


def _site(shared: Shared, store: Store) -> Site:
    more = shared.settings.redirect_uris
    return Site(shared.url, TENANTS, keyring(store), store, password(store), time.time, more)


def _bundle(shared: Shared, site: Site) -> str:
    """The CAs that a client needs, in PEM: that of devices and, where TLS is spoken, that of the server."""
    bundle = ssl.DER_cert_to_PEM_cert(device_ca(site.store, site.keys.ca))
    if shared.settings.tls:
        bundle += tls_ca(site.store).cert_pem.bytes().decode("ascii")
    return bundle


def _write(ca: Path, bundle: str) -> None:
    try:
        ca.write_text(bundle, encoding="ascii")
    except OSError as error:
        raise UsageError(f"--state: the CA's file {ca} cannot be written: {error.strerror}") from None


def _socket(port: int) -> socket.socket:
    """A listening socket on loopback. Its protocol is named, or asyncio leaves Nagle's algorithm on: 40 ms a reply."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(512)
    except OverflowError:
        problem = "it must be between 0 and 65535"
    except OSError as error:
        problem = "it is in use" if error.errno == errno.EADDRINUSE else str(error.strerror)
    else:
        return listener
    listener.close()
    raise UsageError(f"--port {port} cannot be listened on: {problem}; 0 takes a free one")


def _tls(ca: trustme.CA, devices: bytes, oldest: ssl.TLSVersion) -> ssl.SSLContext:
    """This version and later; a client certificate is welcome, and when shown must be one of the device CA's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # an old one is what a defect asks for
        context.minimum_version = oldest
    if oldest < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("ALL:@SECLEVEL=0")  # or OpenSSL agrees to none all the same
    ca.issue_cert(HOST, "localhost", FIELD_HOST).configure_cert(context)
    context.load_verify_locations(cadata=devices)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _ready(site: Site, ca: Path) -> Ready:
    tenant, other = site.tenants
    upn = f"user@{tenant.domain}"
    endpoint = f"{site.url}/{tenant.tenant_id}/oauth2/token"
    account = {"client_id": BROKER, "username": upn, "password": site.password, "resource": RESOURCE}
    management = f"{site.url}/management"
    return Ready(
        url=site.url,
        tenant=tenant.tenant_id,
        domain=tenant.domain,
        token=authority.access_token(site, tenant, upn),
        upn=upn,
        challenge=challenges.challenge(site, tenant),
        ca=str(ca),
        more={
            "token": {"endpoint": endpoint, **account},
            "mint": {name: f"{management}/{name}" for name in ("token", "challenge", "nonce")},
            "state": f"{management}/state",
            "other": {"tenant": other.tenant_id, "domain": other.domain},
        },
    )
