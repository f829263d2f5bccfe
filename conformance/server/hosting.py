"""From settings to a listening server: store, keys, behaviour, certificate files, socket, uvicorn.

The one rule: whatever can be wrong with the settings is found out here, before a byte is served, as a UsageError; and
whatever was put on disk for the run is gone after it, but for a state file.
"""

from __future__ import annotations

import contextlib
import errno
import secrets
import socket
import ssl
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from conformance.errors import UsageError

from . import authority, challenges, defects
from .app import application
from .behaviour import Behaviour, strict
from .certificate import ca_certificate
from .field import like_field
from .handlers.service import Service
from .keyring import keyring
from .peer import hearing
from .settings import HOST, Ready, Settings
from .site import BROKER, RESOURCE, Site, Tenant
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

TENANTS = (Tenant.of("contoso.example", "Contoso"), Tenant.of("fabrikam.example", "Fabrikam"))
LIKES = {"field": like_field}
GRACE = 3


def behaviour_of(settings: Settings) -> Behaviour:
    """The behaviour that the settings ask for; UsageError for a habit or a defect that does not exist."""
    honest = strict()
    if settings.like is not None:
        if settings.like not in LIKES:
            raise UsageError(f"--like {settings.like!r} is not known; what would do: {', '.join(LIKES)}")
        honest = LIKES[settings.like](honest)
    return defects.apply(honest, settings.defects)


@contextlib.contextmanager
def hosted(settings: Settings) -> Iterator[tuple[uvicorn.Config, socket.socket, Ready]]:
    """Everything a server needs, on a bound socket; taken down at the end."""
    behaviour = behaviour_of(settings)
    with (
        tempfile.TemporaryDirectory(prefix="drs-serve-") as folder,
        contextlib.closing(_socket(settings.port)) as listener,
        contextlib.closing(_store(settings, Path(folder))) as store,
    ):
        scheme = "https" if settings.tls else "http"
        url = f"{scheme}://{HOST}:{listener.getsockname()[1]}"
        site = Site(url, TENANTS, keyring(store), store, secrets.token_urlsafe(12), time.time)
        ca = Path(folder) / "ca.pem"
        device_ca = _ca_pem(site)
        config = uvicorn.Config(
            application(Service(site, behaviour)),
            http=hearing(behaviour.hear),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
        config.load()
        bundle = device_ca
        if settings.tls:
            tls_ca = _trustme()
            config.ssl = _tls(tls_ca, device_ca)
            bundle += tls_ca.cert_pem.bytes().decode("ascii")
        ca.write_text(bundle, encoding="ascii")
        yield config, listener, _ready(site, ca)


def _store(settings: Settings, folder: Path) -> Store:
    if settings.state is None:
        return Store(folder / "state.sqlite", lasting=False)
    if not settings.state.parent.is_dir():
        raise UsageError(f"--state {settings.state} cannot be made: {settings.state.parent} is not a folder")
    if settings.state.is_dir():
        raise UsageError(f"--state {settings.state} is a folder; name a file")
    return Store(settings.state, lasting=True)


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


def _ca_pem(site: Site) -> str:
    kept = site.store.fact("certificate ca")
    if kept is None:
        kept = ca_certificate(site.keys.ca, datetime.now(UTC))
        site.store.remember("certificate ca", kept)
    return ssl.DER_cert_to_PEM_cert(kept)


def _trustme() -> trustme.CA:
    import trustme  # noqa: PLC0415 - needed with --tls only, and slow to import

    return trustme.CA()


def _tls(tls_ca: trustme.CA, device_ca: str) -> ssl.SSLContext:
    """TLS 1.2 and later; a client certificate is welcome, and when shown must be one of the device CA's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    tls_ca.issue_cert(HOST, "localhost").configure_cert(context)
    context.load_verify_locations(cadata=device_ca)
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
            "mint": {"token": f"{management}/token", "challenge": f"{management}/challenge"},
            "state": f"{management}/state",
            "other": {"tenant": other.tenant_id, "domain": other.domain},
        },
    )
