"""What the authority's endpoints share: how a request is read, for whom and for what it may ask, and its errors.

The one rule: an error is RFC 6749's, a code and one sentence, and nothing that a client sent comes back in it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from .asked import Asked, Reply
from .site import BROKER, RESOURCE, Site, Tenant

if TYPE_CHECKING:
    from .sign_ins import SignIn

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of 32 octets, RFC 7636 4.2
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # 4.1
UPN = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[A-Za-z0-9.-]{1,255}")


class OAuthError(Exception):
    """An error of RFC 6749 (4.1.2.1, 5.2): its code and a sentence."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.description = description
        self.document = {"error": code, "error_description": description}

    def reply(self) -> Reply:
        """The answer of an endpoint that speaks JSON."""
        return Reply.of(self.document, 400).because(self.description)


def form(asked: Asked) -> dict[str, str]:
    """The form of a body; RFC 6749 3.2: no parameter more than once."""
    pairs = form_pairs(asked)
    if repeated(pairs):
        raise OAuthError("invalid_request", "A parameter is there more than once.")
    return dict(pairs)


def form_pairs(asked: Asked) -> list[tuple[str, str]]:
    """The names and values of a body, in order."""
    kind = (asked.header("content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "The media type must be application/x-www-form-urlencoded.")
    try:
        return parse_qsl(asked.body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise OAuthError("invalid_request", "The body is not a form.") from None


def repeated(pairs: Iterable[tuple[str, str]]) -> set[str]:
    """The names that are there more than once."""
    names = [name for name, _ in pairs]
    return {name for name in names if names.count(name) > 1}


def client(given: Mapping[str, str]) -> str:
    """The client, which is the one that 3.3 names."""
    if given.get("client_id", "").lower() != BROKER:
        raise OAuthError("invalid_client", f"client_id must be the authentication broker, {BROKER}.")
    return BROKER


def audience(site: Site, given: Mapping[str, str], granted: str = "") -> str:
    """The resource asked for: `resource` (v1) or a `scope` of it (v2); where none is named, what was `granted`."""
    wanted = [given.get("resource", ""), *(scope.rpartition("/")[0] for scope in given.get("scope", "").split())]
    if granted and not any(wanted):
        return granted
    named = [resource.rstrip("/") for resource in wanted if resource.rstrip("/") in (RESOURCE, site.resource)]
    if not named:
        raise OAuthError("invalid_target", f"resource must be {RESOURCE} or {site.resource}.")
    return named[0]


def account(site: Site, given: Mapping[str, str]) -> tuple[str, Tenant]:
    """The user named and the tenant: every name of a tenant's domain is one."""
    upn = given.get("username", "").strip()
    tenant = site.tenant(upn.rpartition("@")[2]) if UPN.fullmatch(upn) else None
    if tenant is None or not upn.lower().endswith(f"@{tenant.domain}"):
        raise OAuthError("invalid_grant", "The user or the password is wrong.")
    return upn, tenant


def authenticated(site: Site, given: Mapping[str, str]) -> tuple[str, Tenant]:
    """The same, where the password is right too."""
    known = account(site, given)
    if not hmac.compare_digest(given.get("password", "").encode("utf-8", "replace"), site.password.encode()):
        raise OAuthError("invalid_grant", "The user or the password is wrong.")
    return known


def challenge(given: Mapping[str, str], *, required: bool) -> str:
    """The PKCE challenge of an authorization request, "" without (RFC 7636 4.3): S256, since plain hides nothing."""
    if "code_challenge" not in given and "code_challenge_method" not in given:
        if required:
            raise OAuthError("invalid_request", "code_challenge is missing: an application without a secret uses PKCE.")
        return ""
    if given.get("code_challenge_method") != "S256":
        raise OAuthError("invalid_request", "code_challenge_method must be S256.")
    if not CHALLENGE.fullmatch(given.get("code_challenge", "")):
        raise OAuthError("invalid_request", "code_challenge must be 43 characters of base64url.")
    return given["code_challenge"]


def prove(code: SignIn, given: Mapping[str, str]) -> None:
    """That who redeems a code is who asked for it (RFC 7636 4.6); no verifier without a challenge (RFC 9700 4.8.2)."""
    verifier = given.get("code_verifier")
    if not code.challenge:
        if verifier is not None:
            raise OAuthError("invalid_grant", "code_verifier is there, but no code_challenge was.")
        return
    if verifier is None:
        raise OAuthError("invalid_grant", "code_verifier is missing.")
    if not VERIFIER.fullmatch(verifier):
        raise OAuthError("invalid_grant", "code_verifier must be 43 to 128 characters: letters, digits, - . _ ~.")
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")
    if not hmac.compare_digest(made, code.challenge):
        raise OAuthError("invalid_grant", "code_verifier is not that of the code_challenge.")
