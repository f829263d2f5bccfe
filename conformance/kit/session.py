"""One worker's conversation with the target: its services, its secrets on the wire, and when to give up.

The one rule: every request of a run goes through `Session.send` or `Session.converse`, so that counting, stopping,
recording devices and keeping tokens on their own host hold everywhere.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conformance.checks import quota
from conformance.checks import verdict as verdicts
from conformance.checks.services import Services
from conformance.checks.tenant import is_domain_name
from conformance.client import Conversation, Credentials, Identity, Message, Secrets, Supply, Target, Transport
from conformance.client import protocol as steps
from conformance.errors import ConformanceError, TargetError
from conformance.exchange import Exchange, Headers
from conformance.generate.join import JoinDraft, render
from conformance.kit.breaker import Breaker
from conformance.kit.kept import Kept
from conformance.kit.outcomes import Made, NotOffered, QuotaReached, Unproven
from conformance.kit.patience import Patience
from conformance.kit.profile import Profile
from conformance.kit.shield import SHIELD
from conformance.kit.unused import Unused

_ROOM = "remove devices that are not needed, or have the quota raised, and run again"
_TOKEN_REFUSED = {401, 403}
_VERSION = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")


@dataclass(slots=True, repr=False)
class Session:
    """A target, what it was given, and what has been seen of it so far."""

    target: Target
    credentials: Credentials
    secrets: Secrets
    transport: Transport
    profile: Profile
    seed: int = 0
    on_join: Callable[[int], None] = field(default=lambda _: None)
    on_device: Callable[[Made], None] = field(default=lambda _: None)
    on_removed: Callable[[str], None] = field(default=lambda _: None)
    stopped: str | None = None
    refused_token: str | None = None
    kept: Kept = field(default_factory=Kept)  # what several cases judge, and is asked for once
    keys: Unused = field(default_factory=Unused)
    patience: Patience = field(default_factory=Patience)
    breaker: Breaker = field(default_factory=Breaker)
    _services: Services | None = None
    _discovery: Exchange | None = None
    _drafts: int = 0
    _joined: bool = False

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self.transport.requests

    def send(
        self, step: steps.Step, label: str, *, token: str | None = None, identity: Identity | None = None
    ) -> Exchange:
        """Sends one step, with a bearer token or as a device. Raises `TargetError` once the target is given up."""
        if self.stopped:
            raise TargetError(self.stopped)
        sent = step.headers
        if token is not None:
            sent = (*sent, ("Authorization", f"Bearer {self.secrets.add(token)}"))
        if identity is None:
            exchange = self.patience.over(lambda: _over(self.transport, step, sent, label))
        else:
            with self._shown(identity) as transport:
                exchange = self.patience.over(lambda: _over(transport, step, sent, label))
                self.transport.requests += transport.requests
        self.stopped = self.breaker.trips(exchange, self.target, self.transport)
        return exchange

    def converse(self, url: str) -> Conversation:
        """A connection to be spoken over octet by octet. Raises `TargetError` once the target is given up."""
        if self.stopped:
            raise TargetError(self.stopped)

        self.transport.pace.take()
        paid = iter([True])

        def sent() -> None:
            self.transport.requests += 1
            if not next(paid, False):
                self.transport.pace.take()

        return Conversation(self.target, url, self.secrets, sent=sent)

    def message(self, step: steps.Step, token: str | None = None) -> Message:
        """A step as octets, with the headers that the run sends with every request."""
        return Message.of(step, token, self.target.network.headers)

    def _shown(self, identity: Identity) -> Transport:
        """A connection that shows a device's certificate. Raises `Unproven` for one that TLS cannot use."""
        try:
            return Transport(self.target, self.secrets, identity, self.transport.pace)
        except ssl.SSLError:
            raise Unproven("the device's certificate is none that TLS could show with the device's key") from None

    # --- what every case rests on

    def discovery(self) -> Exchange:
        """The discovery answer of the tenant under test, asked for once."""
        if self._discovery is None:
            step = steps.discover(self.target.url, self.target.tenant)
            self._discovery = self.send(step, "discovery of the tenant under test")
        return self._discovery

    def services(self) -> Services:
        """What discovery names. Raises `Unproven` when discovery was not accepted."""
        if self._services is None:
            exchange = self.discovery()
            found, why = verdicts.discovery(exchange)
            if found is not verdicts.Verdict.ACCEPTED:
                raise Unproven(f"discovery of tenant {self.target.tenant!r} was not accepted: {why}")
            self._services = Services.read(exchange)
        return self._services

    def endpoint(self, service: str) -> str:
        """The discovered URL of a service. Raises `NotOffered` when discovery does not name it."""
        url = self.services().endpoint(service)
        if url is None:
            raise NotOffered(f"discovery names no {service}")
        try:
            url.encode()  # JSON can hold half a character, and no request can
            scheme, *place = steps.origin_of(url)
        except ValueError:
            raise Unproven(f"discovery names a {service} that is no URL") from None
        if scheme != "https" and self.target.url.startswith("https:"):
            raise Unproven(f"discovery names a {service} without TLS, which gets no token and no request")
        if not self.target.trusts(place):
            raise Unproven(
                f"discovery names a {service} on another host than the target's, which gets no token and no request "
                "unless --allow-host names it"
            )
        return url

    def version(self, service: str, otherwise: str) -> str:
        """The api-version to ask a service in: the ServiceVersion that discovery names (3.2, 3.3) where it is one."""
        named = self.services().value(f"{service}.ServiceVersion")
        return named if isinstance(named, str) and _VERSION.fullmatch(named) else otherwise

    def nonce_step(self) -> steps.Step:
        """The request for a nonce. Raises `NotOffered` where discovery names no nonce service."""
        endpoint = self.endpoint("NonceService.Endpoint")
        return steps.nonce(endpoint, self.version("NonceService", steps.NONCE_VERSION))

    def nonce(self, step: steps.Step | None = None) -> str | None:
        """A fresh nonce for a request, None where the target offers none. Raises `Unproven` when none is had."""
        try:
            step = step or self.nonce_step()
        except NotOffered:
            return None
        exchange = self.send(step, "a nonce for the request")
        found, why = verdicts.nonce(exchange)
        if found is not verdicts.Verdict.ACCEPTED or exchange.answer is None:
            raise Unproven(f"no nonce for the request: {why}")
        value = str((verdicts.json_object(exchange.answer) or {})["Value"])
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Unproven("no nonce for the request: its Value is no text that a request can carry") from None
        return value

    def draft(self) -> JoinDraft:
        """A new conforming join request, its display name and keys its own; the same in the same order for a seed."""
        self._drafts += 1
        number = self.seed * 1_000 + self._drafts
        return self.own(JoinDraft.baseline(number), number)

    def own(self, draft: JoinDraft, number: int = 0) -> JoinDraft:
        """The request with the service's TargetDomain and a key that no device has yet, while there are such."""
        own = draft.with_key(self.keys.nth(number)).with_target_domain(self.target_domain())
        return own.with_key(self.keys.nth(number + 1)) if own.has_one_key else own  # which might be refused

    def target_domain(self) -> str:
        """A TargetDomain that any service takes (A9): a host of the tenant's domain, else the target's own name."""
        if domain := self.domain():
            return f"sts.{domain}"
        return self.own_name() or JoinDraft.baseline().target_domain

    def domain(self) -> str | None:
        """The tenant's domain, as it was given or as discovery names it; None where neither is a name."""
        try:
            named = self.target.domain or self.services().value("TenantInfo.TenantName")
        except (Unproven, TargetError):
            return None
        return named if isinstance(named, str) and named.isascii() and is_domain_name(named) else None

    def own_name(self) -> str | None:
        """The target's fully qualified host name, None where its URL has an address, or a name of one label."""
        host = urlsplit(self.target.url).hostname or ""
        top = host.rpartition(".")[2]
        return host if top and top != host and not top.isdigit() and host.isascii() and is_domain_name(host) else None

    def token(self) -> str:
        """The bearer token. Raises `Unproven` when the target is known to refuse it."""
        if self.refused_token:
            raise Unproven(self.refused_token)
        return self.secret(self.credentials.token, "token")

    def secret(self, supply: Supply | None, need: str) -> str:
        """The next secret of a supply, remembered so that no record holds it. Raises `Unproven` without a supply."""
        if supply is None:
            raise Unproven(f"no {need} was given")
        try:
            return self.secrets.add(supply.next(), need)
        except ConformanceError as error:  # without it nothing further can be told from one refusal to the next
            self.stopped = str(error)
            raise TargetError(self.stopped) from None

    def join_step(self, draft: JoinDraft | None = None, *, precreate: bool = False) -> steps.Step:
        """A join request ready to send but for its token: with a fresh nonce, and a challenge at precreate."""
        service, member = (
            ("PrecreateService", "PrecreateEndpoint") if precreate else ("DeviceJoinService", "JoinEndpoint")
        )
        endpoint = self.endpoint(f"{service}.{member}")
        draft = draft or self.draft()
        if draft.csr.nonce is None and not draft.csr.bare and (nonce := self.nonce()) is not None:
            draft = draft.with_nonce(nonce)
        if precreate and draft.challenge is None:
            draft = draft.with_challenge(self.secret(self.credentials.challenge, "challenge"))
        sent = render(draft)
        return steps.join(endpoint, sent.text, sent.headers, self.version(service, steps.JOIN_VERSION))

    def join(self, draft: JoinDraft, label: str, *, precreate: bool = False) -> Exchange:
        """Sends a join request with the bearer token."""
        token = self.token()
        return self.send_join(self.join_step(draft, precreate=precreate), label, token=token)

    def send_join(self, step: steps.Step, label: str, *, token: str | None = None) -> Exchange:
        """Sends a join step, with a bearer token when given one; records the device it created."""
        with self.joining():
            exchange = self.send(step, label, token=token)
            self.saw_join(exchange)
        return exchange

    @contextmanager
    def joining(self, number: int = 1) -> Iterator[None]:
        """Around so many join requests and the record of what came of them: an interrupt waits, a crash is known."""
        with self._recording():
            self.on_join(number)
        with SHIELD:
            yield

    @contextmanager
    def _recording(self) -> Iterator[None]:
        """What cannot be written down is the last thing that happens."""
        try:
            yield
        except ConformanceError as error:
            self.stopped = str(error)
            raise TargetError(self.stopped) from None

    def saw_join(self, exchange: Exchange) -> None:
        """Records the device a join created, if it did, before anything else is sent.

        Raises `QuotaReached` where the answer says that the tenant has no room for another.
        """
        with self._recording():
            certificate = verdicts.raw_certificate(exchange)
            for id_, thumbprint in verdicts.devices(exchange):
                self.on_device(Made(id_, thumbprint, self._removal(id_), certificate))
        if certificate:
            self.keys.certified(certificate)
        if (why := quota.reached(exchange)) is not None:
            self.stopped = f"{why}; {_ROOM}"
            raise QuotaReached(why)

    def _removal(self, id_: str) -> str:
        """Where a device is removed, empty where that is not known."""
        try:
            return steps.device(self.endpoint("DeviceJoinService.JoinEndpoint"), id_).url if id_ else ""
        except (Unproven, TargetError):
            return ""

    def join_baseline(self, exchange: Exchange) -> None:
        """Learns from a conforming join's answer whether the token is any good; a bad one ends all that needs it."""
        if exchange.answer is None or self._joined:  # a token that was good is refused for something else: a quota
            return
        self._joined = verdicts.join(exchange)[0] is verdicts.Verdict.ACCEPTED
        if exchange.answer.status in _TOKEN_REFUSED:
            self.refused_token = (
                f"the target refuses the token for a conforming join (answered {exchange.answer.status})"
            )


def _over(transport: Transport, step: steps.Step, headers: Headers, label: str) -> Exchange:
    return transport.send(step.method, step.url, headers=headers, body=step.body, chunked=step.chunked, label=label)
