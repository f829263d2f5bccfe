"""Precreate, key provisioning, removal, the OAuth authority and the management interface, over HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from conformance.codec import der
from server.server_draft import b64, blob, certificate, csr, refused

if TYPE_CHECKING:
    import httpx
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from server.server_draft import Driver

BROKER = "29d9ed98-a469-4536-ade2-f981bc1d605e"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def other(drs: Driver) -> dict[str, str]:
    found: Any = drs.ready.more["other"]
    return dict(found)


def account(drs: Driver) -> dict[str, str]:
    found: Any = drs.ready.more["token"]
    return {name: value for name, value in found.items() if name != "endpoint"}


def test_a_challenge_brings_one_device(drs: Driver) -> None:
    challenge = drs.mint("challenge")
    certificate(drs.precreate(PreAuthorizedJoinChallenge=challenge))
    refused(drs.precreate(PreAuthorizedJoinChallenge=challenge), "PreAuthorizedJoinChallenge", "used before")


def test_the_first_line_s_challenge_is_a_right_one(drs: Driver) -> None:
    first, second = (drs.precreate(PreAuthorizedJoinChallenge=drs.ready.challenge) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 400)


def test_a_challenge_belongs_to_the_precreate_endpoint_and_is_asked_for_there(drs: Driver) -> None:
    refused(drs.join(PreAuthorizedJoinChallenge=drs.mint("challenge")), "PrecreateEndpoint only")
    refused(drs.precreate(), "PreAuthorizedJoinChallenge is missing")


def test_a_bearer_is_asked_for_beside_the_challenge(drs: Driver) -> None:
    path = f"/EnrollmentServer/device/precreate/{drs.ready.tenant}/?api-version=2.0"
    assert drs.http.post(path, json={"PreAuthorizedJoinChallenge": drs.mint("challenge")}).status_code == 401


def test_the_body_is_judged_there_too_and_the_challenge_stays_unspent(drs: Driver) -> None:
    challenge, nonce = drs.mint("challenge"), drs.nonce()
    request = {"Type": "pkcs10", "Data": b64(csr(drs.key, nonce=der.utf8_string(nonce)))}
    sent: dict[str, Any] = {"PreAuthorizedJoinChallenge": challenge, "CertificateRequest": request}
    refused(drs.precreate(**sent, TransportKey=b64(blob(drs.key, tail=b"x"))), "TransportKey")
    refused(drs.precreate(**sent, DeviceType=...), "DeviceType")
    certificate(drs.precreate(**sent))
    fresh = drs.mint("challenge")
    refused(drs.precreate(PreAuthorizedJoinChallenge=fresh, CertificateRequest=request), "nonce", "used before")
    certificate(drs.precreate(PreAuthorizedJoinChallenge=fresh))


def test_challenges_that_are_not_ours_are_refused(drs: Driver, keys: tuple[RSAPrivateKey, ...]) -> None:
    header, payload, signature = drs.mint("challenge").split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    own = RSAKey.import_key(keys[1])
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"pre-authorized-join+jwt"}').rstrip(b"=").decode()
    for challenge in (
        "x",
        "a.b",
        "a.b.c",
        "é.é.é",
        drs.ready.token,
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[:-5]}",
        f"{none}.{payload}.",
        jwt.encode({"alg": "RS256", "typ": "pre-authorized-join+jwt"}, said, own),
        base64.b64decode(drs.nonce()).decode(),
        drs.mint("challenge", lifetime=-5),
        drs.mint("challenge", tenant=other(drs)["tenant"]),
    ):
        answer = drs.precreate(PreAuthorizedJoinChallenge=challenge)
        refused(answer, "PreAuthorizedJoinChallenge")
        if len(challenge) > 10:
            assert challenge not in answer.text


@pytest.mark.parametrize("value", [1, True, None, [], {}, ""], ids=repr)
def test_a_challenge_is_a_text(drs: Driver, value: Any) -> None:
    refused(drs.precreate(PreAuthorizedJoinChallenge=value), "PreAuthorizedJoinChallenge")


def test_tenants_do_not_mix(drs: Driver) -> None:
    theirs = other(drs)
    token = drs.mint("token", tenant=theirs["tenant"])
    challenge = drs.mint("challenge", tenant=theirs["domain"])
    sent = {"PreAuthorizedJoinChallenge": challenge}
    assert drs.precreate(token=token, **sent).status_code == 401
    assert drs.precreate(tenant=theirs["tenant"], **sent).status_code == 401
    assert drs.precreate(tenant=str(uuid.uuid4()), **sent).status_code == 404
    assert drs.precreate(tenant=theirs["domain"], token=token, **sent).status_code == 201


def test_a_key_is_provisioned(drs: Driver) -> None:
    path = "/EnrollmentServer/key/?api-version=1.0"
    key = blob(drs.key)
    answer = drs.http.post(path, json={"kngc": b64(key)}, headers=drs.headers())
    assert answer.status_code == 200
    assert answer.json() == {"kid": b64(hashlib.sha256(key).digest()), "upn": drs.ready.upn}
    assert drs.http.post(path, json={"kngc": b64(key)}).status_code == 401
    wrongs: list[dict[str, Any]] = [
        {},
        {"kngc": 1},
        {"kngc": "x"},
        {"kngc": b64(key[:-1])},
        {"kngc": b64(blob(drs.key, magic=b"RSA2"))},
    ]
    for wrong in wrongs:
        answer = drs.http.post(path, json=wrong, headers=drs.headers())
        assert answer.status_code == 400
        assert set(answer.json()) == {"ErrorType", "Message", "TraceId", "Time"}
        assert answer.json()["Message"].startswith("kngc")


def test_without_tls_nothing_is_removed(drs: Driver) -> None:
    (name,) = certificate(drs.join()).subject
    before = drs.devices()
    for device in (str(name.value), str(uuid.uuid4()), "x"):
        answer = drs.http.delete(f"/EnrollmentServer/device/{device}?api-version=1.0", headers=drs.headers())
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"]
    assert drs.devices() == before


def test_the_authority_describes_itself(drs: Driver) -> None:
    for version in ("", "v2.0/"):
        document = drs.http.get(f"/{drs.ready.domain}/{version}.well-known/openid-configuration").json()
        assert document["token_endpoint"].startswith(f"{drs.ready.url}/{drs.ready.tenant}/oauth2/")
        published = KeySet.import_key_set(drs.http.get(document["jwks_uri"]).json())
        token = jwt.decode(drs.ready.token, published, algorithms=["RS256"])
        assert token.claims["iss"] == document["issuer"]
        assert "d" not in drs.http.get(document["jwks_uri"]).json()["keys"][0]


def test_the_token_endpoint_is_the_discovered_one(drs: Driver) -> None:
    services = drs.http.get(f"/{drs.ready.tenant}/Discover?api-version=1.9").json()
    found: Any = drs.ready.more["token"]
    assert services["AuthenticationService"]["OAuth2"]["TokenEndpoint"] == found["endpoint"]


def ask(drs: Driver, form: dict[str, str], endpoint: str = "oauth2/token") -> httpx.Response:
    return drs.http.post(f"/{drs.ready.tenant}/{endpoint}", data=form)


def test_a_password_brings_a_token_that_joins(drs: Driver) -> None:
    answer = ask(drs, {"grant_type": "password", **account(drs)})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["token_type"] == "Bearer"
    assert drs.join(token=answer.json()["access_token"]).json()["User"]["Upn"] == drs.ready.upn
    scoped = {**account(drs), "username": "eva@contoso.example", "scope": f"openid {account(drs)['resource']}/.default"}
    del scoped["resource"]
    answer = ask(drs, {"grant_type": "password", **scoped}, "oauth2/v2.0/token")
    assert drs.join(token=answer.json()["access_token"]).json()["User"]["Upn"] == "eva@contoso.example"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"password": "wrong"}, "invalid_grant"),
        ({"password": ""}, "invalid_grant"),
        ({"username": "user@fabrikam.example"}, "invalid_grant"),
        ({"username": "user@elsewhere.example"}, "invalid_grant"),
        ({"username": "@contoso.example"}, "invalid_grant"),
        ({"client_id": str(uuid.uuid4())}, "invalid_client"),
        ({"resource": "https://graph.example"}, "invalid_target"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"grant_type": DEVICE_GRANT, "device_code": "x"}, "invalid_grant"),
    ],
)
def test_the_authority_says_what_is_wrong(drs: Driver, change: dict[str, str], error: str) -> None:
    answer = ask(drs, {"grant_type": "password", **account(drs), **change})
    assert answer.status_code == 400
    assert answer.json()["error"] == error


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a=1&a=2", b"%", b"grant_type=password&grant_type=password"])
def test_forms_that_are_none_are_refused(drs: Driver, content: bytes) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for endpoint in (f"/{drs.ready.tenant}/oauth2/token", f"/{drs.ready.tenant}/oauth2/devicecode", "/devicelogin"):
        assert drs.http.post(endpoint, content=content, headers=kind).status_code == 400
        assert drs.http.post(endpoint, content=content).status_code == 400


def test_the_device_code_flow(drs: Driver) -> None:
    known = account(drs)
    started = ask(drs, {"client_id": BROKER, "resource": known["resource"]}, "oauth2/devicecode").json()
    poll = {"grant_type": DEVICE_GRANT, "client_id": BROKER, "device_code": started["device_code"]}
    assert ask(drs, poll).json()["error"] == "authorization_pending"
    page = drs.http.get(started["verification_uri"])
    assert re.search(r'<form method="post">', page.text)
    signed_in = {
        "user_code": started["user_code"].lower(),
        "username": known["username"],
        "password": known["password"],
    }
    assert drs.http.post(started["verification_uri"], data={**signed_in, "password": "x"}).status_code == 400
    assert drs.http.post(started["verification_uri"], data={**signed_in, "user_code": "x"}).status_code == 400
    assert ask(drs, poll).json()["error"] == "authorization_pending"
    assert drs.http.post(started["verification_uri"], data=signed_in).status_code == 200
    token = ask(drs, poll).json()["access_token"]
    assert drs.join(token=token).status_code == 201
    assert ask(drs, poll).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "wanted",
    [
        {"tenant": 1},
        {"tenant": "nobody"},
        {"lifetime": "x"},
        {"lifetime": True},
        {"lifetime": 1e30},
        {"begins": "x"},
        {"upn": []},
    ],
    ids=repr,
)
def test_the_management_interface_refuses_what_it_cannot_mint(drs: Driver, wanted: dict[str, Any]) -> None:
    assert drs.http.post("/management/token", json=wanted).status_code == 400
