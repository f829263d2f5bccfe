"""3.3: the headers, the token and the URL of a join request, in every form that anyone may give them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest

from conformance.checks import verdict
from conformance.generate.token_texts import of_public_keys, texts
from conformance.generate.tokens import GARBAGE
from conformance.kit import Case, NotOffered, Twin, Unproven, requirement, steps
from conformance.suites import wire

SECTION = "3.3"
LISTED = ("client-request-id", "ocp-adrs-client-name", "ocp-adrs-client-version", "Content-Type")
SPOKEN = {"Content-Type": "application/json"}  # what a listed header holds, where that is not any text
LONG = 8 * 1024
VERY_LONG = 60 * 1024
FORGED = ("token-tail", "token-truncated", "token-header", "token-key-unknown")
OWN = "own"
NO_GUID = "drs-conformance.correlation_1"


def values(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a listed header may come as, in words and in values."""
    plain = SPOKEN.get(name, "a")
    yield f"{name} twice", (plain, plain)
    yield f"an empty {name}", ("",)
    yield f"a {name} of 8 KiB", (f"{plain};x={'a' * LONG}" if name in SPOKEN else "a" * LONG,)


@pytest.mark.parametrize("name", LISTED)
@requirement("join-service/header-values")
def test_values_of_a_listed_header(case: Case, name: str) -> None:
    """A conforming request with a listed header twice, empty, or long: taken or refused, but answered."""
    with wire.beside(case):
        for title, given in values(name):
            message = wire.joining(case).without(name).adding(*((name, value) for value in given))
            wire.survived(case, "join-service/header-values", wire.sent(case, message, title))


@pytest.mark.parametrize("name", ["client-request-id", "ocp-adrs-client-name"])
@requirement("join-service/header-long")
def test_very_long_header(case: Case, name: str) -> None:
    """A conforming request with a listed header of 60 KiB."""
    with wire.beside(case):
        message = wire.joining(case).having((name, "a" * VERY_LONG))
        wire.survived(case, "join-service/header-long", wire.sent(case, message, f"a {name} of 60 KiB"))


@requirement("join-service/header-long")
def test_very_long_token(case: Case) -> None:
    """A request that conforms but for its token, which is 60 KiB of nothing: refused, or the connection closed."""
    with wire.beside(case):
        message = wire.joining(case).having(("Authorization", f"Bearer {'a' * VERY_LONG}"))
        wire.refused(case, "join-service/header-long", wire.sent(case, message, "a token of 60 KiB"))


@requirement("join-service/client-request-id-any", "join-service/client-request-id-any-echoed")
def test_client_request_id_that_is_no_guid(case: Case) -> None:
    """A conforming request with words for a client-request-id; whether it is accepted, and comes back, is observed."""
    case.twins.before(Twin.JOIN)
    step = case.session.join_step().having(("client-request-id", NO_GUID))
    exchange = case.session.send_join(step, "a client-request-id that is no GUID", token=case.session.token())
    case.observed_habit("join-service/client-request-id-any", exchange)
    answer = exchange.answer
    echoed = answer is not None and NO_GUID in " ".join([*(v for _, v in answer.headers), str(answer.body)])
    case.observe("join-service/client-request-id-any-echoed", "does" if echoed else "does not", NO_GUID)


# --- the token


@requirement("join-service/scheme-case")
def test_scheme_in_mixed_case(case: Case) -> None:
    """A conforming request with `Authorization: bEaReR …`: the scheme's letters have no case (RFC 9110 11.1)."""
    step = case.session.join_step().having(("Authorization", f"bEaReR {case.session.token()}"))
    title = "Authorization: bEaReR"
    case.accepts(["join-service/scheme-case"], title, lambda: case.session.send_join(step, title), Twin.JOIN)


@pytest.mark.parametrize("first", [True, False], ids=["token-first", "garbage-first"])
@requirement("join-service/authorization-twice")
def test_two_tokens(case: Case, first: bool) -> None:
    """A conforming request with the token in one Authorization and garbage in another."""
    pair = [("Authorization", f"Bearer {text}") for text in (case.session.token(), GARBAGE)]
    step = case.session.join_step().having(*(pair if first else reversed(pair)))
    title = f"two Authorization headers, the {'second' if first else 'first'} garbage"
    case.refused_step("join-service/authorization-twice", title, step, Twin.JOIN, layer="token")


@pytest.mark.parametrize(
    "id_", [pytest.param(f"join-service/{name}", id=name, marks=requirement(f"join-service/{name}")) for name in FORGED]
)
def test_altered_token(case: Case, id_: str) -> None:
    """A conforming request with the run's token cut, prolonged, or altered where its signature does not allow it."""
    found = [forgery for forgery in texts(case.session.token()) if forgery.requirement == id_]
    if not found:
        raise NotOffered("the token is no JWS, which the document does not ask for, so that it has no parts to alter")
    for forgery in found:
        step = case.session.join_step()
        case.refused_step(id_, forgery.title, step, Twin.JOIN, layer="token", token=forgery.token)


@requirement("join-service/token-alg-hmac")
def test_token_under_the_public_key(case: Case) -> None:
    """A conforming request with the token as HS256, its secret the authority's public key, which everybody knows."""
    found = list(of_public_keys(case.session.token(), published_keys(case)))
    if not found:
        raise NotOffered("the authority of AuthenticationService publishes no RSA key")
    for forgery in found:
        step = case.session.join_step()
        case.refused_step(forgery.requirement, forgery.title, step, Twin.JOIN, layer="token", token=forgery.token)


def published_keys(case: Case) -> list[object]:
    """The JWKS that AuthenticationService leads to, on the target's own host only; empty where there is none."""
    for name in ("AuthCodeEndpoint", "TokenEndpoint"):
        try:
            login = case.session.endpoint(f"AuthenticationService.OAuth2.{name}")
        except Unproven:
            continue
        authority = login.partition("/oauth2/")[0]
        metadata = fetched(case, f"{authority}/.well-known/openid-configuration", "the authority's metadata")
        address = metadata.get("jwks_uri")
        if isinstance(address, str) and on_the_target(case, address):
            keys = fetched(case, address, "the authority's keys").get("keys")
            return keys if isinstance(keys, list) else []
    raise NotOffered("AuthenticationService leads to no published keys on the target's own host")


def on_the_target(case: Case, url: str) -> bool:
    """Whether a URL that the target named is its own, or of a host that is allowed: no other gets a request."""
    try:
        return case.session.target.trusts(steps.origin_of(url)[1:]) and url.isascii()
    except ValueError:
        return False


def fetched(case: Case, url: str, title: str) -> dict[str, object]:
    """The JSON object at a URL, empty where there is none."""
    exchange = case.session.send(steps.Step("GET", url, ()), title)
    return (verdict.json_object(exchange.answer) if exchange.answer and exchange.answer.status == 200 else None) or {}


# --- the URL


def versions(values: tuple[str, ...]) -> Callable[[str], str]:
    """The URL with these values of api-version, `OWN` for the one it has."""

    def changed(url: str) -> str:
        bare = steps.with_version(url, None)
        own = parse_qs(urlsplit(url).query)["api-version"][0]
        named = "&".join(f"api-version={own if value == OWN else value}" for value in values)
        return f"{bare}{'&' if urlsplit(bare).query else '?'}{named}"

    return changed


def path(change: Callable[[str], str]) -> Callable[[str], str]:
    """The URL with its path changed."""

    def changed(url: str) -> str:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(path=change(parts.path)))

    return changed


URLS = {
    "version-empty": (("an empty api-version", versions(("",))),),
    "version-twice": (
        ("its api-version twice", versions((OWN, OWN))),
        ("its api-version and then 999.9", versions((OWN, "999.9"))),
    ),
    "version-other-service": (
        ("the api-version of the nonce service", versions((steps.NONCE_VERSION,))),
        ("the api-version of discovery", versions((steps.DISCOVERY_VERSION,))),
    ),
    "path-case": (("the path with its letters' case swapped", path(str.swapcase)),),
    "path-no-slash": (("the path without its last slash", path(lambda text: text.rstrip("/") or "/")),),
    "path-double-slash": (("the path with its last slash doubled", path(lambda text: text.rstrip("/") + "//")),),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, id=name, marks=requirement(f"join-service/{name}")) for name in URLS]
)
@requirement("join-service/url-answered")
def test_spelling_of_the_url(case: Case, name: str) -> None:
    """A conforming request to another spelling of the URL: it is answered; whether it is accepted is observed."""
    with wire.beside(case):
        for title, change in URLS[name]:
            join = case.session.join_step()
            step = replace(join, url=change(join.url))
            exchange = case.session.send_join(step, title, token=case.session.token())
            case.observed_habit(f"join-service/{name}", exchange)
            wire.survived(case, "join-service/url-answered", exchange)
