"""Who may join: the Authorization header and the token in it (3.3, RFC 6750)."""

from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from server.server_draft import body

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from server.server_draft import Driver


def b64url(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def send(drs: Driver, *authorization: str) -> httpx.Response:
    headers = [("Authorization", value) for value in authorization]
    return drs.http.post("/EnrollmentServer/device/?api-version=2.0", json=body(drs.key), headers=headers)


def denied(answer: httpx.Response, error: str | None = "invalid_token") -> None:
    """401 with a Bearer challenge that has this error, or none at all (RFC 6750, section 3.1)."""
    assert answer.status_code == 401, answer.text
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("Bearer ")
    assert (f'error="{error}"' in challenge) if error else ("error" not in challenge)
    assert answer.json()["code"] == "authentication_error"


def test_without_a_token_the_challenge_is_silent(drs: Driver) -> None:
    denied(send(drs), None)
    denied(send(drs, ""), None)
    denied(send(drs, "Basic dXNlcjpwYXNz"), None)
    denied(send(drs, f"Token {drs.ready.token}"), None)
    denied(send(drs, drs.ready.token), None)

    denied(send(drs, "Bearer"), None)


def test_two_headers_are_an_invalid_request(drs: Driver) -> None:
    bearer = f"Bearer {drs.ready.token}"
    assert send(drs, bearer, bearer).status_code == 400


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_compared_without_case(drs: Driver, scheme: str) -> None:
    assert send(drs, f"{scheme} {drs.ready.token}").status_code == 201


@pytest.mark.parametrize(
    "token",
    ["x", "a.b.c", "..", "e30.e30.", "Ä", "x" * 8000, "x y", '"', "bnVsbA.bnVsbA.bnVsbA", "eyJhbGciOltdfQ.e30.e30"],
)
def test_garbage_is_refused(drs: Driver, token: str) -> None:
    answer = drs.http.post(
        "/EnrollmentServer/device/?api-version=2.0",
        json=body(drs.key),
        headers={b"Authorization": f"Bearer {token}".encode()},
    )
    denied(answer)
    if len(token) > 1:
        assert token not in answer.text


def test_every_part_of_the_token_is_under_its_signature(drs: Driver) -> None:
    header, payload, signature = drs.ready.token.split(".")
    other = b64url({**claims(drs.ready.token), "upn": "admin@contoso.example"})
    raw = base64.urlsafe_b64decode(signature + "==")
    turned = base64.urlsafe_b64encode(bytes([raw[0] ^ 1]) + raw[1:]).rstrip(b"=").decode()
    spare = signature[:-1] + chr(ord(signature[-1]) + 1)  # spare bits set: the same octets to a lenient reader
    for token in (
        f"{header}.{other}.{signature}",
        f"{header}.{payload}.{turned}",
        f"{header}.{payload}.{spare}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        f"{header}.{payload}.{signature[:-4]}",
        f"{header}.{payload}.{signature}.",
        f"{header}.{payload}.{signature}=",
    ):
        denied(send(drs, f"Bearer {token}"))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_unsigned_tokens_are_refused(drs: Driver, algorithm: str) -> None:
    payload = drs.ready.token.split(".")[1]
    denied(send(drs, f"Bearer {b64url({'alg': algorithm, 'typ': 'JWT'})}.{payload}."))


def test_other_keys_and_algorithms_are_refused(drs: Driver, keys: tuple[RSAPrivateKey, ...]) -> None:
    said = claims(drs.ready.token)
    published = drs.http.get(f"/{drs.ready.tenant}/discovery/keys").json()["keys"][0]
    own = RSAKey.import_key(keys[1])
    embedded = {"alg": "RS256", "typ": "JWT", "jwk": own.as_dict(private=False)}
    named = {"alg": "RS256", "typ": "JWT", "kid": published["kid"]}
    for header in ({"alg": "RS256", "typ": "JWT"}, named, embedded):
        denied(send(drs, f"Bearer {jwt.encode(header, said, own)}"))
    modulus = OctKey.import_key(base64.urlsafe_b64decode(published["n"] + "=="))
    denied(send(drs, f"Bearer {jwt.encode({'alg': 'HS256', 'typ': 'JWT'}, said, modulus)}"))
    denied(send(drs, f"Bearer {jwt.encode({'alg': 'RS512'}, said, own, algorithms=['RS512'])}"))


def test_a_challenge_is_no_token(drs: Driver) -> None:
    denied(send(drs, f"Bearer {drs.ready.challenge}"))


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ({"lifetime": -1}, "exp"),
        ({"lifetime": 0}, "exp"),
        ({"lifetime": -(10**8)}, "exp"),
        ({"begins": 60}, "nbf"),
        ({"begins": 86400}, "nbf"),
        ({"audience": "https://graph.example"}, "aud"),
        ({"audience": "urn:ms-drs:elsewhere.example"}, "aud"),
        ({"client": str(uuid.uuid4())}, "appid"),
        ({"tenant": str(uuid.uuid4())}, "tid"),
    ],
)
def test_right_signatures_under_wrong_claims_are_refused(drs: Driver, wanted: dict[str, Any], word: str) -> None:
    answer = send(drs, f"Bearer {drs.mint('token', **wanted)}")
    denied(answer)
    assert word in answer.json()["message"]


def test_both_audiences_are_ours(drs: Driver) -> None:
    discovered = drs.http.get(f"/{drs.ready.tenant}/Discover?api-version=1.9").json()
    resource = discovered["DeviceJoinService"]["JoinResourceId"]
    assert claims(drs.ready.token)["aud"] == "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9"
    assert drs.join(token=drs.mint("token", audience=resource)).status_code == 201


def test_the_other_tenant_s_token_joins_the_other_tenant(drs: Driver) -> None:
    other: Any = drs.ready.more["other"]
    answer = drs.join(token=drs.mint("token", tenant=other["tenant"]))
    assert answer.status_code == 201
    assert answer.json()["User"]["Upn"] == f"user@{other['domain']}"


def test_a_remembered_token_still_expires(drs: Driver) -> None:
    import time  # noqa: PLC0415 - this test alone waits

    token = drs.mint("token", lifetime=2)
    assert drs.join(token=token).status_code == 201
    time.sleep(2.1)
    denied(drs.join(token=token))


def test_a_token_in_the_query_is_not_looked_at(drs: Driver) -> None:
    path = f"/EnrollmentServer/device/?api-version=2.0&access_token={drs.ready.token}"
    denied(drs.http.post(path, json=body(drs.key)), None)
