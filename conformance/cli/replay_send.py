"""A recorded request made ready to be sent again, and sent: the same octets, with what can be used once put in anew.

The one rule: what cannot be put back as it was is not sent in another form; one sentence says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from conformance.cli.replay_case import Recorded
from conformance.client import Message, Target
from conformance.client import protocol as steps
from conformance.errors import TargetError, UsageError
from conformance.exchange import REDACTED, Exchange, Headers, Request
from conformance.generate.renewal import NotRenewableError, has_nonce, renewed
from conformance.generate.token_texts import texts
from conformance.generate.tokens import forgeries
from conformance.kit import Session, Unproven
from conformance.kit.agreement import over_http2
from conformance.results import Device, StreamRecord

_HIDDEN = REDACTED.encode()
_PART = re.compile(r"([a-z-]+) ([0-9]+):([0-9]+) of ([0-9]+)")
_SAFE = {"GET", "HEAD", "OPTIONS"}
_CREDENTIALS = {"authorization", "proxy-authorization"}
_ON_THE_WIRE = 5.0  # seconds that a suite gives to what is no proper request, less where --timeout is less


class NotFaithfulError(ValueError):
    """The request cannot be sent as it was; the sentence says why."""


@dataclass(slots=True)
class Restored:
    """A request ready to be sent; `notes` say what was put in anew."""

    request: Request
    step: steps.Step
    octets: bytes = b""
    notes: dict[str, None] = field(default_factory=dict)


def may_create(request: Request) -> bool:
    """Whether a device may come of it: of whatever is more than a plain question."""
    return bool(request.octets or request.body) or request.method not in _SAFE


def check_care(case: Recorded, target: Target) -> None:
    """Raises `UsageError` where a device may come of it, and nobody said that it may."""
    if may_create(case.exchange.request) and not (target.loopback or target.devices_allowed):
        raise UsageError(
            f"a device may come of {case.id}, and {target.url} is not on this machine; "
            "pass --allow-device-creation to send it"
        )


def restored(case: Recorded, session: Session, origin: str, devices: frozenset[str]) -> Restored:
    """The request as it was, for the target of this session; `origin` is the recorded one. NotFaithfulError."""
    request = case.exchange.request
    if made := next((one for one in devices if one and one in request.url.lower()), None):
        raise NotFaithfulError(f"it is about the device {made}, which the run made and which is no longer as it was")
    notes: dict[str, None] = {}
    secrets = _Secrets(case, session, notes)
    if request.octets:
        url = _moved(request.url, origin, session)
        octets = _moved_octets(secrets.put(request.octets, request.secrets), origin, session)
        octets = _fresh(octets, case, session, notes)
        return Restored(request, steps.Step(request.method, url, ()), octets, notes)
    names = iter(request.secrets or _supposed(case))
    url = _moved(secrets.text(request.url, names), origin, session)
    headers = tuple(secrets.headers(request.headers, names))
    body = _fresh(secrets.put(request.body, tuple(names)), case, session, notes)
    return Restored(request, steps.Step(request.method, url, headers, body, request.chunked), notes=notes)


def device_ids(records: Iterable[StreamRecord]) -> frozenset[str]:
    """The devices that a run made."""
    return frozenset(record.id.lower() for record in records if isinstance(record, Device))


def _supposed(case: Recorded) -> tuple[str, ...]:
    """What stands redacted where a record does not say: the token in the head, a challenge in the body."""
    request, edit = case.exchange.request, case.evidence.edit
    if edit and ("challenge" in edit.requirement or "Challenge" in edit.path) and _HIDDEN in request.body:
        raise NotFaithfulError("it held a part of a challenge, and which is not recorded")
    head = request.url.count(REDACTED) + sum(REDACTED in value for _, value in request.headers)
    token = "" if edit and edit.layer == "token" else "token"
    return (token,) * head + ("challenge",) * request.body.count(_HIDDEN)


@dataclass(slots=True)
class _Secrets:
    """The secrets of this run in the place of those of that one; each of one kind the same throughout a request."""

    case: Recorded
    session: Session
    notes: dict[str, None]
    had: dict[str, str] = field(default_factory=dict)

    def headers(self, headers: Headers, names: Iterator[str]) -> Iterator[tuple[str, str]]:
        """The header fields but those of `--header`, which every request gets anyway."""
        given = {name.lower() for name, _ in self.session.target.network.headers}
        for name, value in headers:
            if name.lower() in given:
                if REDACTED in value:
                    next(names, "")
            elif value == REDACTED and name.lower() not in _CREDENTIALS:
                raise NotFaithfulError(
                    f"it had a header {name} of --header, whose value is not recorded; pass it again"
                )
            else:
                yield name, self.text(value, names)

    def text(self, text: str, names: Iterator[str]) -> str:
        """A text with its secrets."""
        first, *others = text.split(REDACTED)
        return first + "".join(self._secret(next(names, "")) + other for other in others)

    def put(self, octets: bytes, names: tuple[str, ...]) -> bytes:
        """Octets with theirs."""
        first, *others = octets.split(_HIDDEN)
        if len(others) != len(names):
            raise NotFaithfulError("it held secrets, and which they were is not recorded")
        return first + b"".join(self._secret(name).encode() + other for name, other in zip(names, others, strict=True))

    def _secret(self, name: str) -> str:
        if part := _PART.fullmatch(name):
            whole, (start, end, length) = self._whole(part[1]), (int(part[at]) for at in (2, 3, 4))
            if len(whole) != length:
                raise NotFaithfulError(f"it held a part of the {part[1]}, and the one there is now is not as long")
            return whole[start:end]
        return self._whole(name) if name else self._forged()

    def _whole(self, name: str) -> str:
        if name not in self.had:
            supply = getattr(self.session.credentials, name.replace("-", "_"), None)
            if supply is None:
                raise NotFaithfulError(f"it held the {name}; pass --{name}")
            try:
                self.had[name] = self.session.token() if name == "token" else self.session.secret(supply, name)
            except (Unproven, TargetError) as error:
                raise NotFaithfulError(f"it held the {name}: {error}") from None
            self.notes[f"the {name}"] = None
        return self.had[name]

    def _forged(self) -> str:
        """The token as the edit of this case alters it."""
        edit, token = self.case.evidence.edit, self._whole("token")
        found = (*forgeries(token), *texts(token)) if edit and edit.layer == "token" else ()
        for forgery in found:
            if edit and forgery.title == edit.title:
                return self.session.secrets.add(forgery.token)
        raise NotFaithfulError("it held a secret that was altered in a way that is not recorded")


def _moved(url: str, origin: str, session: Session) -> str:
    """The URL at the target there is now; what a record says of places is no leave to send a token there."""
    target = session.target
    moved = target.url + url[len(origin) :] if url.startswith(origin) else url
    try:
        scheme, *place = steps.origin_of(moved)
        trusted = target.trusts(place) and (scheme == "https" or not target.url.startswith("https:"))
    except ValueError:
        trusted = False
    if not trusted:
        raise NotFaithfulError(f"it went to {_place(url)!r}, another host than the target; see --allow-host")
    return moved


def _place(url: str) -> str:
    try:
        return urlsplit(url).netloc[:100]
    except ValueError:
        return url[:100]


def _moved_octets(octets: bytes, origin: str, session: Session) -> bytes:
    """The head with the host there is now."""
    then, now = (urlsplit(each).netloc.encode() for each in (origin, session.target.url))
    head, empty, rest = octets.partition(b"\r\n\r\n")
    return head.replace(then, now) + empty + rest


def _fresh(octets: bytes, case: Recorded, session: Session, notes: dict[str, None]) -> bytes:
    """A body, or all of a request, with a fresh nonce where there was one."""
    edit, baseline = case.evidence.edit, case.evidence.baseline
    if not has_nonce(octets):
        if b"CertificateRequest" in octets and baseline and has_nonce(baseline.request.body):
            raise NotFaithfulError("a fresh nonce cannot be put in: its certificate request is not there as such")
        return octets
    subjects = {case.requirement, edit.requirement if edit else ""}
    if any("nonce" in id_ for id_ in subjects):
        raise NotFaithfulError("the nonce itself is what it is about, and no nonce is good, or bad, twice")
    try:
        nonce = session.nonce()
        if nonce is None:
            return octets
        fresh = renewed(octets, nonce, unsigned=any("signature" in id_ for id_ in subjects))
    except Unproven as reason:
        raise NotFaithfulError(str(reason)) from None
    except NotRenewableError as reason:
        raise NotFaithfulError(f"a fresh nonce cannot be put in: {reason}") from None
    if case.exchange.request.octets and len(fresh) != len(octets):
        raise NotFaithfulError("the fresh nonce is not as long as the old one, so that every length sent would change")
    notes["a fresh nonce, and the signature over it" if fresh != octets else "a fresh nonce"] = None
    return fresh


def sent(ready: Restored, session: Session, label: str, version: str) -> Exchange:
    """Sends it, over HTTP/2 where that is the `version` it was answered in. Raises `TargetError` and `Unproven`."""
    if not may_create(ready.request):
        return _once(ready, session, label, version)
    with session.joining():
        exchange = _once(ready, session, label, version)
        session.saw_join(exchange)
    return exchange


def _once(ready: Restored, session: Session, label: str, version: str) -> Exchange:
    if not ready.octets:
        if version == "HTTP/2":
            with over_http2(session) as connection:
                return connection.send(ready.step, label)
        return session.send(ready.step, label)
    request = ready.request
    with session.converse(ready.step.url) as connection:
        connection.send(ready.octets)
        if request.finished:
            connection.finish()
        message = Message(request.method, "", request.headers, request.body)
        exchange = connection.answer(message, label, min(_ON_THE_WIRE, session.target.timeout))
    return replace(exchange, request=replace(exchange.request, label=label))
