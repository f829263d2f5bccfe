"""Each sentence of a failure as it is read: what is wrong, what was seen, and where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.checks import authenticate, discovery, nonce, refusal, success, tenant
from conformance.checks.judgement import Judgement
from conformance.exchange import REDACTED, Answer, Exchange, Request

ASKED = "7e980ad9-b86d-4306-9425-9ac066fb014a"
OTHER = "592e7d4b-896c-53cd-998c-8870f0819d81"
ONE, TWO = "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAQ=="
NONCE = {"Value": ONE}


def got(value: object, status: int = 200, **headers: str) -> Exchange:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    named = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Exchange(Request("GET", "/"), Answer(status, (("Content-Type", "application/json"), *named), body))


def of_tenant(id_: str, **more: Any) -> Exchange:
    return got({"TenantInfo": {"TenantId": id_}, **more})


def of_resources(**ids: str) -> Exchange:
    services = {"Join": "DeviceJoin", "KeyProvision": "KeyProvisioning", "WebAuthN": "WebAuthN"}
    return got({f"{services[name]}Service": {f"{name}ResourceId": f"urn:ms-drs:{id_}"} for name, id_ in ids.items()})


SENTENCES: list[tuple[Judgement, str, str]] = [
    (success.judge(got({}, 202), "nonce")[1], "answered 202 instead of 200", "status"),
    (
        tenant.version(got({"DiscoveryService": {"ServiceVersion": "1.8"}}), "1.9"),
        'is "1.8" in the answer to api-version=1.9',
        "/DiscoveryService/ServiceVersion",
    ),
    (
        tenant.tenant(of_tenant(OTHER), ASKED),
        f'is "{OTHER}", and the tenant asked for is {ASKED}',
        "/TenantInfo/TenantId",
    ),
    (tenant.tenant(of_tenant("contoso"), None), 'is "contoso", no GUID', "/TenantInfo/TenantId"),
    (
        tenant.agree(of_tenant(ASKED, More={}), of_tenant(ASKED)),
        "More is in the answer for the id and not in that for the domain name",
        "/More",
    ),
    (
        tenant.agree(of_tenant(ASKED), of_tenant(ASKED, More={})),
        "More is in the answer for the domain name and not in that for the id",
        "/More",
    ),
    (
        tenant.agree(of_tenant(ASKED), of_tenant(OTHER)),
        f'is "{ASKED}" for the id, "{OTHER}" for the domain name',
        "/TenantInfo/TenantId",
    ),
    (
        discovery.resources(of_resources(Join="a", KeyProvision="a", WebAuthN="b")),
        '"urn:ms-drs:b", and "urn:ms-drs:a" at /DeviceJoinService/JoinResourceId',
        "/WebAuthNService/WebAuthNResourceId",
    ),
    (
        discovery.schemes(got({"DeviceJoinService": {"JoinEndpoint": "ftp://a.example/"}}), "http://a.example"),
        '"ftp://a.example/" has the scheme "ftp"',
        "/DeviceJoinService/JoinEndpoint",
    ),
    (
        discovery.forms(got({"More": "x {siteId}"})),
        'the placeholder is left in "x {siteId}"',
        "/More",
    ),
    (nonce.not_stored(got(NONCE)), "the answer has no Cache-Control", "Cache-Control"),
    (
        nonce.not_stored(got(NONCE, Cache_Control="private", cache_control="max-age=9")),
        "Cache-Control is 'private, max-age=9'",
        "Cache-Control",
    ),
    (
        nonce.unpredictable([ONE, TWO]),
        f"two nonces differ in 1 of their octets: {'00' * 16} and {'00' * 15}01",
        "/Value",
    ),
    (refusal.leaks(got(f"x {REDACTED}".encode(), 400)), "a secret that was sent comes back in the answer", ""),
    (
        refusal.leaks(got(b'Traceback (most recent call last):\n  File "/a.py", line 1', 500)),
        "the answer holds a stack trace: 'Traceback (most recent call last)'",
        "",
    ),
    (authenticate.without_token(got({}, 403)), "answered 403, not 401", ""),
    (authenticate.without_token(got({}, 401)), "401 without WWW-Authenticate", "WWW-Authenticate"),
    (
        authenticate.without_token(got({}, 401, WWW_Authenticate="Basic", www_authenticate="Digest")),
        "no Bearer challenge in 'Basic, Digest'",
        "WWW-Authenticate",
    ),
    (
        authenticate.without_token(got({}, 401, WWW_Authenticate='Bearer error="x"')),
        "error='x' though the request had no token",
        "WWW-Authenticate",
    ),
    (
        authenticate.garbage_token(got({}, 401, WWW_Authenticate="Bearer")),
        "error=None, not invalid_token, for a garbage token",
        "WWW-Authenticate",
    ),
]


@pytest.mark.parametrize(("judgement", "problem", "where"), SENTENCES, ids=range(len(SENTENCES)))
def test_a_failure_says_what_is_wrong(judgement: Judgement, problem: str, where: str) -> None:
    (finding,) = judgement.findings
    assert (finding.problem, finding.where) == (problem, where)


@pytest.mark.parametrize(
    ("ids", "broken"),
    [
        ({"Join": "a"}, None),
        ({"Join": "a", "WebAuthN": "a"}, 0),
        ({"Join": "a", "WebAuthN": "b"}, 1),
    ],
)
def test_two_resource_ids_are_enough_to_compare(ids: dict[str, str], broken: int | None) -> None:
    judgement = discovery.resources(of_resources(**ids))
    assert (len(judgement.findings) if judgement.checked else None) == broken


@pytest.mark.parametrize(("value", "evidence"), [({}, "an object"), (5, "5")])
def test_what_a_service_is_is_seen(value: object, evidence: str) -> None:
    seen = {one.subject: one.evidence for one in discovery.observed(got({"WebAuthNService": value})).seen}
    assert f"WebAuthNService is {evidence}" in seen.values()


@pytest.mark.parametrize(
    ("value", "evidence"),
    [
        (ONE, "compact JOSE: 1 parts, where a JWS has 3 and a JWE 5 at offset 16"),
        ("ZXlKaGJHY2lPaUpTVXpJMU5pSjkuWVEuWWc=", "the nonce is a compact JWS"),
        ("!", "base64: '!' is not in the base64 alphabet at offset 0"),
    ],
)
def test_what_is_inside_of_a_nonce_is_seen_with_its_reason(value: str, evidence: str | None) -> None:
    (seen,) = nonce.inside(got({"Value": value})).seen
    assert seen.evidence == evidence
