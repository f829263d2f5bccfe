"""Defects in reading bearer tokens as texts (3.3; RFC 7515, RFC 8725): where one ends, what its header says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.server.refusal import Refusal

from .registry import defect
from .tokens import anonymous, unverified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.server.asked import Asked
    from conformance.server.behaviour import Behaviour
    from conformance.server.site import Site

_DOTS = 2
_SHORT = 64


def _rewriting(honest: Behaviour, change: Callable[[str], str]) -> Behaviour:
    return replace(honest, read_token=lambda token, site: honest.read_token(change(token), site))


@defect(breaks={"join-service/garbage-token"})
def takes_short_words_for_tokens(honest: Behaviour) -> Behaviour:
    """Takes a short word for the session of a user it knows, whatever the word."""
    return anonymous(honest, lambda asked: _is_word(asked.all("authorization")))


def _is_word(values: list[str]) -> bool:
    token = values[0].partition(" ")[2] if len(values) == 1 else ""
    return 0 < len(token) < _SHORT and token.isalnum() and not token.startswith("eyJ")


@defect(breaks={"join-service/authorization-twice"})
def takes_the_first_of_two_tokens(honest: Behaviour) -> Behaviour:
    """Looks at the first Authorization header and never at a second."""

    def find(asked: Asked) -> str:
        first = asked.all("authorization")[:1]
        others = tuple(pair for pair in asked.headers if pair[0] != "authorization")
        return honest.find_token(replace(asked, headers=(*others, *(("authorization", value) for value in first))))

    return replace(honest, find_token=find)


@defect(breaks={"join-service/token-tail"})
def reads_three_parts_of_tokens(honest: Behaviour) -> Behaviour:
    """Reads a token's three parts and drops what follows them."""
    return _rewriting(honest, lambda token: ".".join(token.partition(" ")[0].split(".")[:3]))


@defect(breaks={"join-service/token-truncated"})
def compares_tokens_as_far_as_they_go(honest: Behaviour) -> Behaviour:
    """Compares a token with those it knows only as far as the one that came goes."""
    known: dict[str, Mapping[str, Any]] = {}

    def read(token: str, site: Site) -> Mapping[str, Any]:
        if token.count(".") == _DOTS and not token.endswith("."):
            for whole, claims in known.items():
                if whole.startswith(token):
                    return claims
        claims = honest.read_token(token, site)
        known[token] = claims
        return claims

    return replace(honest, read_token=read)


@defect(breaks={"join-service/token-header"})
def does_not_sign_headers(honest: Behaviour) -> Behaviour:
    """Verifies a token's signature over the header that it expects, and not over the one that came."""
    expected: list[str] = []

    def read(token: str, site: Site) -> Mapping[str, Any]:
        header, _, rest = token.partition(".")
        if expected and _says(token).get("alg") == "RS256" and "jwk" not in _says(token):
            return honest.read_token(f"{expected[0]}.{rest}", site)
        claims = honest.read_token(token, site)
        expected[:] = [header]
        return claims

    return replace(honest, read_token=read)


@defect(breaks={"join-service/token-key-unknown", "join-service/token-header"})
def trusts_keys_it_does_not_know(honest: Behaviour) -> Behaviour:
    """Verifies no token whose header names a key that it does not know."""
    names: set[str] = set()

    def read(token: str, site: Site) -> Mapping[str, Any]:
        name = _says(token).get("kid")
        if names and name is not None and name not in names:
            return unverified(token)[1]
        claims = honest.read_token(token, site)
        names.add(str(name))
        return claims

    return replace(honest, read_token=read)


def _says(token: str) -> Mapping[str, Any]:
    try:
        return unverified(token)[0]
    except Refusal:
        return {}
