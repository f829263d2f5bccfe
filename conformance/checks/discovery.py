"""Discovery answers (3.1): the services of the document's example, their members, and what holds for all of them.

The one rule: one fault is one finding. What is missing is not also malformed, what is malformed is not compared, and a
URL with a placeholder left in it is only that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from conformance.checks import schema, success
from conformance.checks.again import recorded
from conformance.checks.formats import shown
from conformance.checks.judgement import Judgement, Notes
from conformance.exchange import Exchange
from conformance.spec import schemas

SCHEMA: Final = "discovery-answer"
OBSERVED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "IdentityProviderService": "discovery/identity-provider-service",
        "KeyProvisioningService": "discovery/key-provisioning-service",
        "WebAuthNService": "discovery/webauthn-service",
        "DeviceManagementService": "discovery/device-management-service",
        "MsaProviderData": "discovery/msa-provider-data",
        "PrecreateService": "discovery/precreate-service",
        "AzureRbacService": "discovery/azure-rbac-service",
        "BPLService": "discovery/bpl-service",
        "DeviceJoinResourceService": "discovery/join-resource-service",
    }
)
"""The services that a target need not have, and the requirement that observes whether it does."""

FORMS: Final = (
    "discovery/url-absolute",
    "discovery/url-placeholders",
    "discovery/version-form",
    "discovery/resource-id-form",
)
"""What the schema says of every URL, version and resource id, whatever service it belongs to."""

_PLACEHOLDER: Final = re.compile(
    r"\{(registrationServer|authServer|tenantId|domainName|tenantName|siteId|UUID)\}", re.IGNORECASE
)
_PORTS: Final = {"http": ":80", "https": ":443"}
_RESOURCE: Final = re.compile(r"urn:ms-drs:[^/\s]+\Z")


def services(exchange: Exchange) -> Mapping[str, Any] | None:
    """The members of an answer; None where it claims no success or is no JSON object.

    A service that need not be there and is null is not there: so some libraries write it.
    """
    found = success.judge(exchange, "discovery")[0]
    return found and {name: one for name, one in found.items() if name not in OBSERVED or one is not None}


@recorded
def answer(exchange: Exchange) -> Judgement:
    """The answer as a whole: status, media type, JSON."""
    return success.judge(exchange, "discovery")[1]


@cache
def members() -> Mapping[str, tuple[str, ...]]:
    """Service -> the requirements on it and on its members that the schema holds; all services, in order."""
    root = schemas.load(SCHEMA)
    there: Mapping[str, str] = root[schemas.NAME]["required"]
    found = {}
    for name, part in root["properties"].items():
        inside = (id_ for inner in schemas.subschemas(part) for id_ in _ids(inner.get(schemas.NAME, {})))
        found[name] = tuple(dict.fromkeys([*([there[name]] if name in there else []), *inside]))
    return found


def _ids(named: Any) -> Iterator[str]:
    if isinstance(named, str):
        yield named
    else:
        for value in named.values():
            yield from _ids(value)


@recorded
def service(exchange: Exchange, name: str) -> Judgement:
    """One service of the example: that it is there where it must be, and that its members are there as strings."""
    found = services(exchange)
    return _narrowed(schema.judge(SCHEMA, found), frozenset(members()[name])) if found is not None else Judgement()


@recorded
def forms(exchange: Exchange) -> Judgement:
    """Every URL, version and resource id of the answer has its form, and nothing of it is a placeholder."""
    found = services(exchange)
    if found is None:
        return Judgement()
    judged = _narrowed(schema.judge(SCHEMA, found), frozenset(FORMS))
    left = {finding.where for finding in judged.findings if finding.requirement == "discovery/url-placeholders"}
    findings = [one for one in judged.findings if one.requirement != "discovery/url-absolute" or one.where not in left]
    notes = Notes()
    for where, text in _strings(found):
        if where not in left:
            problem = f"the placeholder is left in {shown(text)}"
            notes.hold("discovery/url-placeholders", not _PLACEHOLDER.search(text), problem, where)
    return Judgement(judged.checked, tuple(findings)) + notes.judgement()


def _narrowed(judgement: Judgement, ids: frozenset[str]) -> Judgement:
    findings = tuple(finding for finding in judgement.findings if finding.requirement in ids)
    return Judgement(judgement.checked & ids, findings, judgement.seen)


def _strings(value: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Every string in a value, with its JSON pointer."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _strings(part, f"{where}/{schema.step(name)}")
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _strings(part, f"{where}/{place}")


@recorded
def observed(exchange: Exchange) -> Judgement:
    """Which of the services are there that need not be."""
    found, notes = services(exchange), Notes()
    if found is None:
        return notes.judgement()
    for name, id_ in OBSERVED.items():
        there = isinstance(found.get(name), dict)
        notes.see(id_, "does" if there else "does not", f"{name} is {'an object' if there else shown(found.get(name))}")
    return notes.judgement()


@recorded
def schemes(exchange: Exchange, origin: str) -> Judgement:
    """Every absolute endpoint is https, or of the scheme that `origin`, the target's own URL, has."""
    notes = Notes()
    allowed = {"https", urlsplit(origin).scheme}
    for where, text in _of_kind("url", services(exchange) or {}):
        if scheme := _scheme(text):
            problem = f"{shown(text)} has the scheme {shown(scheme)}"
            notes.hold("discovery/url-scheme", scheme in allowed, problem, where)
    return notes.judgement()


def elsewhere(exchange: Exchange, origin: str) -> tuple[str, ...]:
    """The hosts that an answer names services on and that are not the origin's own, each once, with what names it."""
    own = place_of(origin)
    found: dict[str, str] = {}
    for where, text in _of_kind("url", services(exchange) or {}):
        if _scheme(text) and (place := place_of(text)) != own:
            found.setdefault(place, f"{shown(place)} (at {where})")
    return tuple(found.values())


def place_of(url: str) -> str:
    """Host and port of an absolute URL, in lower case, without the port where it is the scheme's own."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2].lower().removesuffix(_PORTS.get(parts.scheme, ""))


def _scheme(text: str) -> str | None:
    """The scheme of an absolute URL with a host, in lower case; None for anything else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return parts.scheme if parts.scheme and parts.netloc else None


@recorded
def resources(exchange: Exchange) -> Judgement:
    """The resource ids of an answer are one; nothing is said where there are not two well-formed ones to compare."""
    notes = Notes()
    ids = {where: text for where, text in _of_kind("resourceId", services(exchange) or {}) if _RESOURCE.match(text)}
    if len(ids) > 1:
        first, *others = ids
        other = next((where for where in others if ids[where] != ids[first]), first)
        problem = f"{shown(ids[other])}, and {shown(ids[first])} at {first}"
        notes.hold("discovery/resource-ids-agree", other == first, problem, other)
    return notes.judgement()


def _of_kind(kind: str, found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every string at a place that the schema says is a `url`, `version` or `resourceId`, with its JSON pointer."""
    for path in _places(kind):
        value: Any = found
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str):
            yield "".join(f"/{name}" for name in path), value


@cache
def _places(kind: str) -> tuple[tuple[str, ...], ...]:
    return tuple(_referring(f"#/$defs/{kind}", schemas.load(SCHEMA)))


def _referring(reference: str, part: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    if part.get("$ref") == reference:
        yield ()
    for name, inner in part.get("properties", {}).items():
        yield from ((name, *rest) for rest in _referring(reference, inner))
