"""Signing in with a browser: the authorization endpoint and the grants of its codes (RFC 6749 4.1, 7636, 8252)."""

from __future__ import annotations

import html
import re
import uuid
from typing import TYPE_CHECKING, Any
from unittest import mock

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from markupsafe import escape

from conformance.server import Settings, running
from conformance.server.site import BROKER, RESOURCE
from server.signing_in import HERE, Client, back

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from server.server_draft import Driver

OOB = "urn:ietf:wg:oauth:2.0:oob"
HOSTILE = "\"><script>alert(1)</script>' onfocus='alert(2)' autofocus x='"


@pytest.fixture
def client(drs: Driver) -> Client:
    return Client(drs.http, f"{drs.ready.url}/{drs.ready.tenant}")


@pytest.fixture
def lax(field: Driver) -> Client:
    return Client(field.http, f"{field.ready.url}/{field.ready.tenant}")


def denied(answer: httpx.Response, error: str, *words: str) -> None:
    """The token endpoint's no."""
    assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text
    assert all(word in answer.json()["error_description"] for word in words), answer.text


def turned_away(answer: httpx.Response, *words: str) -> None:
    """A page for the user, and nothing for whoever the redirect URI leads to."""
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert all(word in html.unescape(answer.text) for word in words), answer.text


@pytest.mark.parametrize("version", ["", "/v2.0"])
def test_who_signs_in_gets_a_token_that_joins(drs: Driver, version: str) -> None:
    authority = f"{drs.ready.url}/{drs.ready.domain}"
    client = Client(drs.http, authority, version=version)
    page = client.page()
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    answer = client.fill_in(page)
    assert answer.headers["location"].startswith(HERE + "?code=")
    assert set(back(answer)) == {"code", "state"}
    assert back(answer)["state"] == client.state
    granted = client.redeem(back(answer)["code"]).json()
    assert (granted["token_type"], granted["resource"]) == ("Bearer", RESOURCE)
    assert "id_token" not in granted
    assert drs.join(token=granted["access_token"]).json()["User"]["Upn"] == drs.ready.upn


def test_the_endpoints_are_those_that_discovery_and_the_metadata_name(drs: Driver) -> None:
    services = drs.http.get(f"/{drs.ready.tenant}/Discover?api-version=1.9").json()["AuthenticationService"]["OAuth2"]
    for path, found in (("", services["AuthCodeEndpoint"]), ("/v2.0", "")):
        document = drs.http.get(f"/{drs.ready.tenant}{path}/.well-known/openid-configuration").json()
        assert found in (document["authorization_endpoint"], "")
        asked = Client(drs.http, "").asked()
        assert drs.http.get(document["authorization_endpoint"], params=asked).status_code == 200
        assert document["code_challenge_methods_supported"] == ["S256"]
        assert {"authorization_code", "refresh_token"} <= set(document["grant_types_supported"])
        assert document["response_modes_supported"] == ["query", "fragment", "form_post"]


def test_any_user_of_the_tenant_may_be_chosen_and_no_other(client: Client, drs: Driver) -> None:
    code = client.sign_in("Eva.Müller@contoso.example")["code"]
    token = client.redeem(code).json()["access_token"]
    assert drs.join(token=token).json()["User"]["Upn"] == "Eva.Müller@contoso.example"
    page = client.page()
    for stranger in ("user@fabrikam.example", "user", "@contoso.example", f"user@{drs.ready.tenant}", "a b@x", HOSTILE):
        answer = client.fill_in(page, stranger)
        turned_away(answer, "This is no user of contoso.example; user@contoso.example is one.")
        assert 'aria-invalid="true"' in answer.text
        assert HOSTILE not in answer.text
        assert "code" in back(client.fill_in(answer, "user@contoso.example"))


def test_the_hint_is_filled_in_and_nothing_that_is_asked_for_becomes_markup(client: Client) -> None:
    assert 'value="eva@contoso.example"' in client.page(login_hint="eva@contoso.example").text
    named = ("login_hint", "state", "nonce", "scope", "domain_hint", HOSTILE)
    page = client.page(**dict.fromkeys(named, HOSTILE))
    assert "<script" not in page.text
    assert f'value="{escape(HOSTILE)!s}"' in page.text
    assert back(client.fill_in(page, "user@contoso.example"))["state"] == HOSTILE


def test_a_page_lets_nothing_in_and_its_form_lead_to_one_other_place(client: Client) -> None:
    policy = client.page(redirect_uri="http://localhost:5000").headers["content-security-policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-\S+'; script-src 'none'; form-action 'self' http://localhost:5000; "
        r"base-uri 'none'; frame-ancestors 'none'",
        policy,
    )
    six = client.page(redirect_uri="http://[::1]:5000/").headers["content-security-policy"]
    assert "form-action 'self' http:; " in six  # a policy knows no IPv6 address
    assert (
        "form-action 'self' msauth:; "
        in client.page(redirect_uri="msauth://Microsoft.AAD.BrokerPlugin").headers["content-security-policy"]
    )


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://localhost:65535/",
        "http://[::1]:8080",
        "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRS",
        f"ms-appx-web://Microsoft.AAD.BrokerPlugin/{BROKER}",
        "ms-aadj-redir://auth/drs",
        "msauth://Microsoft.AAD.BrokerPlugin",
    ],
)
def test_a_native_application_s_redirect_uri_is_known(client: Client, uri: str) -> None:
    answer = client.fill_in(client.page(redirect_uri=uri))
    assert answer.headers["location"].startswith(f"{uri}?code=")
    assert client.redeem(back(answer)["code"], redirect_uri=uri).status_code == 200


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "https://127.0.0.1/",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:80/?a=b",
        "http://127.0.0.1:80/#x",
        "http://127.0.0.1:",
        "http://127.0.0.1:x/",
        "http://127.0.0.1:123456",
        "http://127.0.0.1:80@evil.example/",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.2",
        "http://localhost.evil.example:80",
        "http://localhost:80\\@evil.example",
        "http://LOCALHOST",
        "http://user@localhost",
        "http://evil.example",
        "//localhost",
        "javascript:alert(1)",
        "data:text/html,x",
        "ms-appx-web://microsoft.aad.brokerplugin/drs",
        "urn:ietf:wg:oauth:2.0:oob:auto",
        "http://localhost\r\nX: y",
    ],
)
def test_to_any_other_nothing_is_sent(client: Client, uri: str) -> None:
    turned_away(client.page(redirect_uri=uri), "redirect_uri is", "--redirect-uri")


def test_without_the_right_client_or_a_redirect_uri_the_user_is_told(client: Client) -> None:
    turned_away(client.page(redirect_uri=None), "redirect_uri is missing")
    turned_away(client.page(client_id=str(uuid.uuid4())), "client_id must be the authentication broker")
    turned_away(client.page(client_id=None), "client_id must be the authentication broker")
    for name in ("client_id", "redirect_uri"):
        answer = client.ask([*client.asked().items(), (name, client.asked()[name])])
        turned_away(answer, "more than once")


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"response_type": None}, "invalid_request", "response_type is missing"),
        ({"response_type": "token"}, "unsupported_response_type", "must be code"),
        ({"response_type": "code id_token"}, "unsupported_response_type", "must be code"),
        ({"response_mode": "web_message"}, "invalid_request", "query, fragment, form_post"),
        ({"state": "a\r\nb"}, "invalid_request", "state must be printable ASCII"),
        ({"resource": None}, "invalid_target", RESOURCE),
        ({"resource": "https://graph.example"}, "invalid_target", RESOURCE),
        ({"resource": None, "scope": "openid"}, "invalid_target", RESOURCE),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request", "code_challenge is missing"),
        ({"code_challenge_method": "plain"}, "invalid_request", "must be S256"),
        ({"code_challenge_method": None}, "invalid_request", "must be S256"),
        ({"code_challenge": "x" * 42}, "invalid_request", "43 characters"),
        ({"code_challenge": "=" * 43}, "invalid_request", "43 characters"),
        ({"prompt": "none"}, "interaction_required", "has to sign in"),
        ({"prompt": "none login"}, "invalid_request", "none alone"),
        ({"prompt": "create"}, "invalid_request", "none alone"),
    ],
)
def test_the_client_hears_what_else_is_wrong(
    client: Client, changed: dict[str, str | None], error: str, words: str
) -> None:
    answer = back(client.page(**changed))
    state = changed.get("state", client.state)
    assert (answer["error"], answer["state"]) == (error, state)
    assert words in answer["error_description"]
    assert re.fullmatch(r"[ !#-\[\]-~]+", answer["error_description"])  # RFC 6749 4.1.2.1
    assert set(answer) == {"error", "error_description", "state"}


def test_a_parameter_twice_is_refused_at_the_redirect_uri(client: Client) -> None:
    answer = back(client.ask([*client.asked().items(), ("scope", "a"), ("scope", "b")]))
    assert (answer["error"], answer["state"]) == ("invalid_request", client.state)


def test_a_user_may_cancel(client: Client) -> None:
    answer = back(client.fill_in(client.page(), answer="cancel"))
    assert (answer["error"], answer["state"]) == ("access_denied", client.state)


def test_without_a_state_none_comes_back(client: Client) -> None:
    assert set(client.sign_in(state=None)) == {"code"}
    assert client.sign_in(state="")["state"] == ""


@pytest.mark.parametrize("prompt", ["login", "select_account", "login consent"])
def test_other_prompts_are_what_is_done_anyway(client: Client, prompt: str) -> None:
    assert "code" in client.sign_in(prompt=prompt)


def test_a_request_may_be_posted(client: Client) -> None:
    page = client.http.post(f"{client.authority}/oauth2/authorize", data=client.asked())
    assert client.redeem(back(client.fill_in(page))["code"]).status_code == 200
    assert client.http.post(f"{client.authority}/oauth2/authorize", json=client.asked()).status_code == 400


def test_an_unknown_tenant_has_no_page(drs: Driver) -> None:
    assert Client(drs.http, f"{drs.ready.url}/elsewhere.example").page().status_code == 404


def test_the_answer_may_come_in_the_fragment(client: Client) -> None:
    answer = client.fill_in(client.page(response_mode="fragment"))
    assert set(back(answer, "#")) == {"code", "state"}
    assert back(client.page(response_mode="fragment", prompt="none"), "#")["error"] == "interaction_required"


def test_the_answer_may_be_posted(client: Client) -> None:
    page = client.fill_in(client.page(response_mode="form_post", state=HOSTILE))
    assert page.status_code == 200
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    assert f'<form method="post" action="{HERE}">' in page.text
    assert html.unescape(found["state"]) == HOSTILE
    assert client.redeem(found["code"]).status_code == 200
    assert re.search(
        r"script-src 'sha256-\S+'; form-action 'self' http://127.0.0.1:49999;", page.headers["content-security-policy"]
    )
    refused = client.page(response_mode="form_post", prompt="none").text
    assert 'name="error" value="interaction_required"' in refused


def test_out_of_band_the_code_is_shown(client: Client) -> None:
    page = client.fill_in(client.page(redirect_uri=OOB))
    (code,) = re.findall(r"<output [^>]*>(\S+)</output>", page.text)
    assert client.redeem(code, redirect_uri=OOB).status_code == 200
    turned_away(client.page(redirect_uri=OOB, prompt="none"), "has to sign in")


def test_a_web_view_has_a_page_to_watch_for(client: Client, drs: Driver) -> None:
    uri = f"{drs.ready.url}/common/oauth2/nativeclient"
    answer = client.fill_in(client.page(redirect_uri=uri))
    page = client.http.get(answer.headers["location"])
    assert (page.status_code, "You may close this page" in page.text) == (200, True)


# --- codes


def test_a_code_is_good_once_and_what_it_brought_ends_with_a_second_use(client: Client) -> None:
    code = client.sign_in()["code"]
    granted = client.redeem(code).json()
    denied(client.redeem(code), "invalid_grant", "redeemed before", "revoked")
    renew = {"grant_type": "refresh_token", "client_id": BROKER, "refresh_token": granted["refresh_token"]}
    denied(client.http.post(f"{client.authority}/oauth2/token", data=renew), "invalid_grant", "not known")


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"code": "x"}, "invalid_grant", "not known"),
        ({"code": None}, "invalid_grant", "not known"),
        ({"redirect_uri": None}, "invalid_grant", "redirect_uri is not that"),
        ({"redirect_uri": "http://127.0.0.1:50000/"}, "invalid_grant", "redirect_uri is not that"),
        ({"code_verifier": None}, "invalid_grant", "code_verifier is missing"),
        ({"code_verifier": "x" * 43}, "invalid_grant", "not that of the code_challenge"),
        ({"code_verifier": "x" * 42}, "invalid_grant", "43 to 128"),
        ({"code_verifier": "x" * 129}, "invalid_grant", "43 to 128"),
        ({"client_id": str(uuid.uuid4())}, "invalid_client", "broker"),
        ({"resource": "https://graph.example"}, "invalid_target", RESOURCE),
        ({"scope": "https://graph.example/.default"}, "invalid_target", RESOURCE),
    ],
)
def test_a_code_is_bound_to_what_asked_for_it(
    client: Client, changed: dict[str, str | None], error: str, words: str
) -> None:
    code = client.sign_in()["code"]
    denied(client.redeem(code, **changed), error, words)
    assert client.redeem(code).status_code == 200, "it is not spent by who could not redeem it"


def test_a_code_belongs_to_its_tenant_and_is_no_device_code(client: Client, drs: Driver) -> None:
    code = client.sign_in()["code"]
    theirs: Any = drs.ready.more["other"]
    denied(Client(drs.http, f"{drs.ready.url}/{theirs['tenant']}", client.verifier).redeem(code), "invalid_grant")
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    denied(client.redeem(code, grant_type=grant, device_code=code), "invalid_grant", "The device code is not known")
    denied(client.redeem(code, grant_type="refresh_token", refresh_token=code), "invalid_grant")


def test_a_code_lives_minutes(client: Client) -> None:
    with mock.patch("conformance.server.handlers.authorize.LIFETIME", 0.0):
        code = client.sign_in()["code"]
    denied(client.redeem(code), "invalid_grant", "The code is out of date")


def test_like_the_field_a_code_is_had_without_pkce_and_a_verifier_is_none_then(lax: Client) -> None:
    code = lax.sign_in(code_challenge=None, code_challenge_method=None)["code"]
    denied(lax.redeem(code), "invalid_grant", "no code_challenge was")  # RFC 9700 4.8.2: no downgrade
    assert lax.redeem(code, code_verifier=None).status_code == 200
    denied(lax.redeem(lax.sign_in()["code"], code_verifier=None), "invalid_grant", "code_verifier is missing")


# --- what a code brings


def renewed(client: Client, token: str, **more: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "client_id": BROKER, "refresh_token": token, **more}
    return client.http.post(f"{client.authority}/oauth2/token", data=form)


def test_a_refresh_token_brings_another_and_a_stolen_one_ends_them_all(client: Client, drs: Driver) -> None:
    first = client.redeem(client.sign_in("eva@contoso.example")["code"]).json()
    second = renewed(client, first["refresh_token"], resource=RESOURCE).json()
    assert drs.join(token=second["access_token"]).json()["User"]["Upn"] == "eva@contoso.example"
    denied(renewed(client, second["refresh_token"], scope="https://graph.example/.default"), "invalid_target")
    third = renewed(client, second["refresh_token"], scope="openid offline_access").json()
    assert third["resource"] == RESOURCE
    denied(renewed(client, second["refresh_token"]), "invalid_grant", "redeemed before")
    denied(renewed(client, third["refresh_token"]), "invalid_grant", "not known")
    denied(renewed(client, "x"), "invalid_grant", "The refresh token is not known")


def test_a_refresh_token_ends(client: Client) -> None:
    with mock.patch("conformance.server.handlers.oauth.REFRESH_LIFETIME", 0.0):
        granted = client.redeem(client.sign_in()["code"]).json()
    denied(renewed(client, granted["refresh_token"]), "invalid_grant", "The refresh token is out of date")


def test_who_asks_for_openid_is_told_who_signed_in(client: Client, drs: Driver) -> None:
    code = client.sign_in(scope=f"openid profile {RESOURCE}/.default", resource=None, nonce="n-0S6")["code"]
    granted = client.redeem(code, client_info="1").json()
    keys = drs.http.get(f"/{drs.ready.tenant}/discovery/keys").json()
    said = jwt.decode(granted["id_token"], KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    access = jwt.decode(granted["access_token"], KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    assert (said["aud"], said["nonce"], said["preferred_username"]) == (BROKER, "n-0S6", drs.ready.upn)
    assert all(said[name] == access[name] for name in ("iss", "sub", "oid", "tid", "upn"))
    again = renewed(client, granted["refresh_token"]).json()
    assert "nonce" not in jwt.decode(again["id_token"], KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    denied_join = drs.join(token=granted["id_token"])
    assert denied_join.status_code == 401, "an ID token is for the client, and joins no device"


def test_the_log_says_why_and_holds_neither_code_nor_verifier() -> None:
    written: list[str] = []
    with (
        mock.patch("conformance.server.log.to_stderr", written.append),
        running(Settings(log=True)) as ready,
        httpx.Client(base_url=ready.url) as http,
    ):
        client = Client(http, f"{ready.url}/{ready.tenant}")
        client.page(redirect_uri="http://evil.example/")
        client.page(prompt="none")
        code = client.sign_in()["code"]
        granted = client.redeem(code).json()
        client.redeem(code)
    text = "".join(written)
    assert "redirect_uri is not one of this application's" in text
    assert "The user has to sign in, which prompt=none does not allow." in text
    assert "The code was redeemed before; what it brought is revoked." in text
    for secret in (code, client.verifier, client.challenge, granted["refresh_token"], granted["access_token"]):
        assert secret not in text


@pytest.fixture(scope="module")
def registered() -> Iterator[Client]:
    uris = ("http://127.0.0.1/callback", "https://app.example/cb?x=1", "com.example.app:/signed-in")
    with running(Settings(redirect_uris=uris)) as ready, httpx.Client(base_url=ready.url) as http:
        yield Client(http, f"{ready.url}/{ready.tenant}")


@pytest.mark.parametrize(
    ("uri", "begin"),
    [
        ("http://127.0.0.1:7777/callback", "http://127.0.0.1:7777/callback?code="),
        ("https://app.example/cb?x=1", "https://app.example/cb?x=1&code="),
        ("com.example.app:/signed-in", "com.example.app:/signed-in?code="),
    ],
)
def test_serve_may_be_told_of_more_redirect_uris(registered: Client, uri: str, begin: str) -> None:
    assert registered.fill_in(registered.page(redirect_uri=uri)).headers["location"].startswith(begin)


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:7777/callback/",
        "https://app.example:443/cb?x=1",
        "https://app.example/cb",
        "http://localhost/callback",
    ],
)
def test_they_are_compared_whole_too(registered: Client, uri: str) -> None:
    turned_away(registered.page(redirect_uri=uri), "redirect_uri is not one")


def test_sign_ins_outlive_a_restart(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path / "state.sqlite")
    with running(settings) as ready, httpx.Client() as http:
        first = Client(http, f"{ready.url}/{ready.tenant}")
        code, granted = first.sign_in()["code"], first.redeem(first.sign_in()["code"]).json()
        assert code.encode() not in (tmp_path / "state.sqlite-wal").read_bytes()
    with running(settings) as ready, httpx.Client() as http:
        second = Client(http, f"{ready.url}/{ready.tenant}", first.verifier)
        assert second.redeem(code).status_code == 200
        assert renewed(second, granted["refresh_token"]).status_code == 200
