"""One request as octets: what a library would never write, and what it would, in the same form.

The one rule: nothing here is judged or repaired. A message says of itself whatever its fields say; only `of`, which
makes one of a step, says the truth (RFC 9112 3, 5 and 6.2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from conformance.client.protocol import Step
    from conformance.exchange import Headers


ACCEPT = ("Accept", "application/json, */*;q=0.5")  # AD FS answers XML unless asked for JSON (field notes)


@dataclass(frozen=True, slots=True)
class Message:
    """A request line, field lines in order, and whatever octets follow the empty line. Texts are sent as Latin-1."""

    method: str
    target: str
    fields: Headers
    body: bytes = b""
    version: str = "HTTP/1.1"
    line_end: str = "\r\n"

    @classmethod
    def of(cls, step: Step, token: str | None = None, headers: Headers = ()) -> Message:
        """The request of a step in origin-form, with Host, Content-Length, its bearer token and further headers."""
        parts = urlsplit(step.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        given = (*step.headers, *headers)
        accept = () if any(name.lower() == "accept" for name, _ in given) else (ACCEPT,)
        if not any(name.lower() == "accept-encoding" for name, _ in given):
            accept = (*accept, ("Accept-Encoding", "identity"))  # or the answer may have any (RFC 9110 12.5.3)
        fields = (("Host", parts.netloc), ("User-Agent", "drs-conformance"), *accept, *given)
        if token is not None:
            fields = (*fields, ("Authorization", f"Bearer {token}"))
        if step.body or step.method not in {"GET", "HEAD", "OPTIONS"}:
            fields = (*fields, ("Content-Length", str(len(step.body))))
        return cls(step.method, target, fields, step.body)

    @property
    def head(self) -> bytes:
        """The request line and the field lines, with the empty line that ends them."""
        lines = (f"{self.method} {self.target} {self.version}", *(f"{name}: {value}" for name, value in self.fields))
        return "".join(f"{line}{self.line_end}" for line in (*lines, "")).encode("latin-1")

    @property
    def octets(self) -> bytes:
        """All of it, as it goes over the wire."""
        return self.head + self.body

    def without(self, *names: str) -> Message:
        """The message without these fields."""
        gone = {name.lower() for name in names}
        return replace(self, fields=tuple(item for item in self.fields if item[0].lower() not in gone))

    def adding(self, *fields: tuple[str, str]) -> Message:
        """The message with further fields, beside those of the same names."""
        return replace(self, fields=(*self.fields, *fields))

    def having(self, *fields: tuple[str, str]) -> Message:
        """The message with these fields in place of those of the same names."""
        return self.without(*(name for name, _ in fields)).adding(*fields)

    def chunked(self, *chunks: bytes) -> Message:
        """The message with these octets for a body, which are to be chunks (RFC 9112 7.1), and no length."""
        fields = self.without("Content-Length").fields
        return replace(self, fields=(*fields, ("Transfer-Encoding", "chunked")), body=b"".join(chunks))


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    """One chunk of a body; with no data the last, after which only trailers and an empty line follow."""
    return b"%x%b\r\n%b" % (len(data), extension, data + b"\r\n" if data else b"")
