"""Other people's clients sign in with a browser: MSAL, and roadlib; their tokens join."""

from __future__ import annotations

import queue
import ssl
import threading
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlsplit

import httpx
import msal
import pytest
import requests

from conformance.server import Settings, running
from conformance.server.site import BROKER, RESOURCE
from server.server_draft import Driver
from server.signing_in import Client, back, posted

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from roadtools.roadlib.auth import Authentication

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from conformance.server import Ready

SCOPES = [f"{RESOURCE}/.default"]
MODE = {"redirect_uri": "http://localhost:5000", "response_mode": "form_post"}
DRS_REDIRECT = "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRS"


@pytest.fixture(scope="module")
def secure() -> Iterator[Ready]:
    with running(Settings(tls=True)) as ready:
        yield ready


@pytest.fixture
def drs(secure: Ready, keys: tuple[RSAPrivateKey, ...]) -> Iterator[Driver]:
    trust = ssl.create_default_context(cafile=secure.ca)
    with httpx.Client(base_url=secure.url, verify=trust) as http:
        yield Driver(secure, http, keys[0])


@pytest.fixture
def application(secure: Ready) -> Any:
    session = requests.Session()
    session.trust_env = False  # in CI it may name a bundle of CAs, which would count above ours
    session.verify = secure.ca
    authority = f"{secure.url}/{secure.tenant}"
    return msal.PublicClientApplication(
        BROKER, authority=authority, http_client=session, instance_discovery=False, validate_authority=False
    )


def user(drs: Driver, url: str, username: str = "") -> httpx.Response:
    """The browser and its user: opens the address and signs in."""
    return Client(drs.http, f"{drs.ready.url}/{drs.ready.tenant}", version="/v2.0").fill_in(drs.http.get(url), username)


def test_msal_s_code_flow_brings_a_token_that_joins_and_is_renewed(drs: Driver, application: Any) -> None:
    flow = application.initiate_auth_code_flow(SCOPES, **MODE, login_hint="eva@contoso.example")
    where, answer = posted(user(drs, flow["auth_uri"]))
    assert where == MODE["redirect_uri"]
    granted = application.acquire_token_by_auth_code_flow(flow, answer)
    assert granted["id_token_claims"]["preferred_username"] == "eva@contoso.example"
    assert drs.join(token=granted["access_token"]).json()["User"]["Upn"] == "eva@contoso.example"
    (account,) = application.get_accounts()
    assert account["username"] == "eva@contoso.example"
    assert application.acquire_token_silent(SCOPES, account)["access_token"] == granted["access_token"]
    fresh = application.acquire_token_silent(SCOPES, account, force_refresh=True)
    assert fresh["access_token"] != granted["access_token"]
    assert drs.join(token=fresh["access_token"]).status_code == 201


def test_msal_waits_for_the_browser_on_loopback(drs: Driver, application: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: queue.Queue[str] = queue.Queue()

    def opens(uri: str, **_: object) -> bool:
        opened.put(uri)
        return True

    def browse() -> None:
        where, answer = posted(user(drs, opened.get(timeout=20)))
        httpx.post(where, data=answer)

    monkeypatch.setattr("msal.oauth2cli.authcode._browse", opens)
    thread = threading.Thread(target=browse, daemon=True)
    thread.start()
    granted = application.acquire_token_interactive(SCOPES, timeout=30, prompt="select_account")
    thread.join(20)
    assert drs.join(token=granted["access_token"]).status_code == 201, granted


def test_msal_s_user_may_cancel(drs: Driver, application: Any) -> None:
    flow = application.initiate_auth_code_flow(SCOPES, **MODE)
    client = Client(drs.http, f"{drs.ready.url}/{drs.ready.tenant}", version="/v2.0")
    _, answer = posted(client.fill_in(drs.http.get(flow["auth_uri"]), answer="cancel"))
    assert application.acquire_token_by_auth_code_flow(flow, answer)["error"] == "access_denied"


def test_msal_signs_in_by_device_code_and_renews(drs: Driver, application: Any) -> None:
    flow = application.initiate_device_flow(SCOPES)
    account: Any = drs.ready.more["token"]
    form = {"user_code": flow["user_code"], "username": account["username"], "password": account["password"]}
    assert drs.http.post(flow["verification_uri"], data=form).status_code == 200
    granted = application.acquire_token_by_device_flow(flow)
    (known,) = application.get_accounts()
    assert known["username"] == granted["id_token_claims"]["preferred_username"] == drs.ready.upn
    fresh = application.acquire_token_silent(SCOPES, known, force_refresh=True)
    assert drs.join(token=fresh["access_token"]).status_code == 201


@pytest.mark.filterwarnings("ignore:.*deprecated for public client flows:DeprecationWarning")
def test_msal_sends_a_password_after_it_has_asked_where(
    drs: Driver, application: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = requests.Session.request

    def with_port(self: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
        host = f"https://{urlsplit(drs.ready.url).hostname}/"  # it knows of no port where it asks where
        return real(self, method, url.replace(host, f"{drs.ready.url}/"), **options)

    monkeypatch.setattr(requests.Session, "request", with_port)
    account: Any = drs.ready.more["token"]
    granted = application.acquire_token_by_username_password(drs.ready.upn, account["password"], SCOPES)
    assert drs.join(token=granted["access_token"]).status_code == 201
    realm = drs.http.get("/common/UserRealm/someone@elsewhere.example", params={"api-version": "1.0"}).json()
    assert realm["account_type"] == "Unknown"


@pytest.mark.parametrize("version", [1, 2])
def test_roadlib_redeems_a_code(drs: Driver, version: int) -> None:
    client = Authentication(tenant=drs.ready.tenant, client_id=BROKER)
    here = urlsplit(drs.ready.url).netloc
    client.set_authority(here)
    client.verify, client.use_pkce = drs.ready.ca, True
    client.set_resource_uri(RESOURCE)
    client.scope = f"openid offline_access {SCOPES[0]}"
    url = client.build_auth_url(DRS_REDIRECT, "code", client.scope if version == 2 else None)
    code = back(user(drs, url.replace(quote_plus(here), here)))["code"]  # it is made for hosts without a port
    redeem = client.authenticate_with_code_native_v2 if version == 2 else client.authenticate_with_code_native
    token = redeem(code, DRS_REDIRECT)
    assert token["tenantId"] == drs.ready.tenant
    assert drs.join(token=token["accessToken"]).status_code == 201
    renew = client.authenticate_with_refresh_native_v2 if version == 2 else client.authenticate_with_refresh_native
    assert drs.join(token=renew(token["refreshToken"])["accessToken"]).status_code == 201
