"""From options to a target with its credentials; every wrong value is one sentence."""

from __future__ import annotations

import math
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from conformance.client import Command, Credentials, Fixed, Supply, Target
from conformance.client.secrets import check_token, claims, expired
from conformance.client.target import check_url
from conformance.errors import TargetError, UsageError
from conformance.kit import Profile, profile
from conformance.plugin import budget, corpus
from conformance.plugin.care import devices_allowed
from conformance.plugin.network import read_network
from conformance.plugin.options import Raw
from conformance.report.text import duration
from conformance.results import Accepted, baseline
from conformance.spec import catalogue

MOST_DEVICES = 1_000_000  # so many are for everything there is, and need no plan
_TOKEN_REUSE = 300.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run was asked to do, target apart. `selection` is None for everything, else requirement ids.

    `done` are the node ids of tests that an earlier run came to the end of, and this one goes on from.
    """

    profile: Profile
    gate: str
    out: Path
    seed: int
    select: tuple[str, ...]
    selection: frozenset[str] | None
    timeout: float = 10.0
    accepted: tuple[Accepted, ...] | None = None
    strict_baseline: bool = False
    allure: bool = False
    done: frozenset[str] = frozenset()
    budget: float | None = None  # seconds
    max_devices: int | None = None
    examples: corpus.Place | None = None  # where failing examples are shared

    @classmethod
    def read(cls, raw: Raw) -> Settings:
        """Raises `UsageError`."""
        out = Path(raw.text("out") or "reports")
        gate = str(raw.text("gate"))
        words, selection = _selection(raw)
        return cls(
            profile(str(raw.text("profile"))),
            gate,
            out,
            _seed(raw),
            words,
            selection,
            _seconds(raw),
            _accepted(raw),
            raw.flag("strict-baseline"),
            budget=_budget(raw),
            max_devices=_max_devices(raw),
            allure=raw.flag("allure"),
            examples=corpus.place(raw),
        )


def _selection(raw: Raw) -> tuple[tuple[str, ...], frozenset[str] | None]:
    words = raw.many("select")
    try:
        return words, frozenset(entry.id for entry in catalogue().select(words)) if words else None
    except UsageError as error:
        raise UsageError(f"{raw.said('select')} {error}") from None


def _accepted(raw: Raw) -> tuple[Accepted, ...] | None:
    """The entries of the baseline, None without one."""
    path = raw.text("baseline")
    if path is not None:
        return baseline.read(Path(path), catalogue())
    if raw.flag("strict-baseline"):
        raise UsageError(f"{raw.said('strict-baseline')} is given without --baseline; name the file, or leave it out")
    return None


def read_target(raw: Raw, timeout: float) -> tuple[Target, Credentials]:
    """The target named by `--target`. Raises `UsageError`."""
    url = check_url(str(raw.text("target")), raw.said("target"))
    credentials = Credentials(
        _supply(raw, "token", "token-command", _TOKEN_REUSE),
        _supply(raw, "challenge", "challenge-command"),
        _supply(raw, "foreign-token"),
        _supply(raw, "expired-token"),
        _supply(raw, "audience-token"),
        _other(raw),
        _supply(raw, "client-token"),
        _supply(raw, "expired-nonce"),
        _supply(raw, "expired-challenge"),
        _supply(raw, "foreign-challenge"),
        _supply(raw, "future-token"),
    )
    said = claims(credentials.token.next()) if credentials.token else {}
    tenant = raw.text("tenant") or raw.text("domain") or _text(said.get("tid"))
    if tenant is None:
        raise UsageError("--tenant is missing and no token names one; pass the tenant's id or domain name")
    domain = raw.text("domain") or (None if _is_guid(tenant) else tenant)
    network = read_network(raw, Target(url, tenant).place)
    target = Target(
        url,
        tenant,
        domain,
        raw.text("upn") or _text(said.get("upn")),
        pem_file(raw, "ca-file"),
        pem_file(raw, "tls-ca-file"),
        raw.flag("insecure"),
        timeout,
        devices_allowed(raw, url),
        network,
    )
    return target, credentials


def read_ledger_target(raw: Raw, origin: str) -> Target:
    """The target of a ledger, reached as the options have it. Raises `UsageError`."""
    place = Target(origin, "").place
    network = read_network(raw, place)
    named = raw.text("target")
    if network.headers and named:
        known = check_url(named, raw.said("target"))
        if not Target(known, "", network=network).trusts(place):
            raise UsageError(f"the ledger leads to {origin}, and {raw.said('header')} is for {known}; leave one out")
    timeout = _seconds(raw)
    return Target(
        origin,
        "-",
        tls_ca=pem_file(raw, "tls-ca-file"),
        insecure=raw.flag("insecure"),
        timeout=timeout,
        network=network,
    )


def check_fresh(credentials: Credentials) -> None:
    """Raises `TargetError` when the token expired before the run began: every join would be refused for that alone."""
    supply = credentials.token
    if supply is None:
        return
    ago = expired(supply.next(), time.time())
    if ago is not None:
        given_by = supply.option if isinstance(supply, Command | Fixed) else "--token"
        raise TargetError(f"the token of {given_by} expired {duration(ago)} ago; pass a fresh one")


def given(target: Target, credentials: Credentials) -> frozenset[str]:
    """The needs (catalogue) that this run can meet; what the target offers is found out later."""
    challenge = credentials.challenge
    met = {
        "token": credentials.token,
        "challenge": challenge,
        "challenge-supply": challenge is not None and challenge.many,
        "foreign-token": credentials.foreign_token,
        "expired-token": credentials.expired_token,
        "future-token": credentials.future_token,
        "audience-token": credentials.audience_token,
        "client-token": credentials.client_token,
        "expired-nonce": credentials.expired_nonce,
        "expired-challenge": credentials.expired_challenge,
        "foreign-challenge": credentials.foreign_challenge,
        "ca": target.ca_file,
        "upn": target.upn,
        "domain": target.domain,
        "tls": target.url.startswith("https:"),
        "device-creation": target.loopback or target.devices_allowed,
    }
    return frozenset(need for need, there in met.items() if there)


def _supply(raw: Raw, name: str, command: str = "", reuse: float = 0.0) -> Supply | None:
    text, line = raw.text(name), raw.text(command) if command else None
    if text and line:
        raise UsageError(f"{raw.said(name)} and {raw.said(command)} are both given; pass one of them")
    if text:
        return Fixed(check_token(text, raw.said(name)), raw.said(name))
    return Command(line, raw.said(command), reuse) if line else None


def _other(raw: Raw) -> Supply | None:
    """The token command asked once more: where it serves several users, by another's token."""
    line = raw.text("token-command")
    return Command(line, raw.said("token-command"), _TOKEN_REUSE) if line else None


def _seed(raw: Raw) -> int:
    text = str(raw.text("seed") or "0")
    if not text.isascii() or not text.isdigit() or int(text) >= 2**32:
        raise UsageError(f"{raw.said('seed')} {text!r} is not a number from 0 to 4294967295")
    return int(text)


def _seconds(raw: Raw) -> float:
    text = str(raw.text("timeout"))
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 600:  # noqa: PLR2004 - ten minutes: beyond that a run would not end
        raise UsageError(f"{raw.said('timeout')} {text!r} is not a number of seconds above 0 and up to 600")
    return seconds


def _max_devices(raw: Raw) -> int | None:
    """The number of `--max-devices`, None where as many may be made as it takes."""
    text = raw.text("max-devices")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or int(text) > MOST_DEVICES:
        raise UsageError(f"{raw.said('max-devices')} {text!r} is not a number of devices from 0 to {MOST_DEVICES}")
    return int(text)


def _budget(raw: Raw) -> float | None:
    text = raw.text("budget")
    return budget.seconds(text, raw.said("budget")) if text else None


def pem_file(raw: Raw, name: str) -> Path | None:
    """The file of certificates that an option names. Raises `UsageError` for one that holds none."""
    text = raw.text(name)
    if text is None:
        return None
    path = Path(text)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{raw.said(name)} {text!r} cannot be read ({error.strerror}); pass a file of PEM certificates"
        ) from None
    if b"-----BEGIN CERTIFICATE-----" not in data:
        raise UsageError(f"{raw.said(name)} {text!r} holds no PEM certificate; pass a file of PEM certificates")
    return path


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
