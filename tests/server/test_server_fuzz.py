"""Nothing anyone sends makes the server fail, and of two uses of one nonce exactly one succeeds."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_from_bytes

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.codec import der
from server.server_draft import Driver, b64, blob, body, csr, raw_csr

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
POINTERS = [
    ("CertificateRequest",),
    ("CertificateRequest", "Type"),
    ("CertificateRequest", "Data"),
    ("TransportKey",),
    ("TargetDomain",),
    ("DeviceType",),
    ("OSVersion",),
    ("DeviceDisplayName",),
    ("JoinType",),
    ("AikCertificate",),
    ("AttestationData",),
    ("Attributes",),
    ("Attributes", "ReuseDevice"),
    ("attributes",),
    ("DeviceKeys",),
    ("PreAuthorizedJoinChallenge",),
]


@pytest.fixture(params=["drs", "field"])
def either(request: pytest.FixtureRequest) -> Driver:
    driver: Driver = request.getfixturevalue(request.param)
    return driver


def answered(response: httpx.Response) -> None:
    assert 200 <= response.status_code < 500, response.text
    assert "Traceback" not in response.text


def post(drs: Driver, content: bytes, path: str = "/EnrollmentServer/device/?api-version=2.0") -> None:
    answered(drs.http.post(path, content=content, headers=drs.headers()))


def altered(octets: bytes) -> st.SearchStrategy[bytes]:
    """The octets with a few of them replaced, cut off, or with a tail."""
    replaced = st.lists(st.tuples(st.integers(0, len(octets) - 1), st.integers(0, 255)), min_size=1, max_size=4)

    def change(edits: list[tuple[int, int]]) -> bytes:
        copy = bytearray(octets)
        for position, value in edits:
            copy[position] = value
        return bytes(copy)

    return replaced.map(change) | st.integers(0, len(octets)).map(lambda end: octets[:end])


@FUZZ
@given(content=st.binary(max_size=300))
def test_any_octets_are_answered(either: Driver, content: bytes) -> None:
    post(either, content)


@FUZZ
@given(edits=st.lists(st.tuples(st.sampled_from(POINTERS), JSON), min_size=1, max_size=3))
def test_any_members_are_answered(either: Driver, edits: list[tuple[tuple[str, ...], Any]]) -> None:
    whole = body(either.key)
    for pointer, value in edits:
        target = whole
        for step in pointer[:-1]:
            target = target.setdefault(step, {}) if isinstance(target.get(step, {}), dict) else {}
        target[pointer[-1]] = value
    post(either, json.dumps(whole).encode())


@FUZZ
@given(data=st.data())
def test_any_octets_in_the_structures_are_answered(either: Driver, data: st.DataObject) -> None:
    request = raw_csr(either.key)
    key = blob(either.key)
    whole = body(
        either.key,
        CertificateRequest={"Type": "pkcs10", "Data": b64(data.draw(altered(request) | st.just(request)))},
        TransportKey=b64(data.draw(altered(key) | st.just(key))),
    )
    if data.draw(st.booleans()):
        whole["AikCertificate"] = b64(data.draw(altered(request)))
        whole["AttestationData"] = b64(b"\xffTCG" + data.draw(st.binary(max_size=80)))
    post(either, json.dumps(whole).encode())


@FUZZ
@given(
    target=st.builds(
        "/{}/{}?{}".format,
        st.binary(max_size=20).map(quote_from_bytes),
        st.sampled_from(["Discover", "oauth2/token", "oauth2/devicecode", ".well-known/openid-configuration"]),
        st.binary(max_size=20).map(quote_from_bytes),
    ),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    content=st.binary(max_size=50),
)
def test_any_path_is_answered(drs: Driver, target: str, method: str, content: bytes) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answered(drs.http.request(method, drs.ready.url + target, content=content, headers=kind))


@FUZZ
@given(content=st.binary(max_size=200))
def test_keys_and_minting_answer_any_octets(drs: Driver, content: bytes) -> None:
    for path in ("/EnrollmentServer/key/?api-version=1.0", "/management/token", "/management/challenge"):
        post(drs, content, path)


@pytest.mark.parametrize("member", ["nonce", "challenge"])
def test_of_two_uses_at_once_exactly_one_wins(drs: Driver, keys: tuple[RSAPrivateKey, ...], member: str) -> None:
    for _ in range(8):
        before = drs.devices()
        if member == "nonce":
            value = der.utf8_string(drs.nonce())
            bodies = [
                body(key, CertificateRequest={"Type": "pkcs10", "Data": b64(csr(key, nonce=value))}) for key in keys
            ]
            path = "/EnrollmentServer/device/"
        else:
            challenge = drs.mint("challenge")
            bodies = [body(key, PreAuthorizedJoinChallenge=challenge) for key in keys]
            path = f"/EnrollmentServer/device/precreate/{drs.ready.tenant}/"

        def send(document: dict[str, Any], path: str = path) -> int:
            with httpx.Client(base_url=drs.ready.url) as http:
                return Driver(drs.ready, http, drs.key).join(document, path=path).status_code

        with ThreadPoolExecutor(4) as pool:
            statuses = sorted(pool.map(send, bodies * 2))
        assert statuses == [201, 400, 400, 400]
        assert drs.devices() == before + 1
