"""2.1.1.1.3: the join request as what is hardly HTTP, with one oddity each.

A service may take such a request, refuse it or close the connection; it may not fail or hang.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.kit import Case, requirement
from conformance.suites import wire
from conformance.suites.wire import Change

SECTION = "2.1.1.1.3"

ODD: dict[str, Change] = {
    "folded-header": lambda m: m.adding(("X-Drs-Conformance", "a\r\n b")),
    "bare-line-feeds": lambda m: replace(m, line_end="\n"),
    "nul-in-a-header": lambda m: m.adding(("X-Drs-Conformance", "a\0b")),
    "carriage-return-in-a-header": lambda m: m.adding(("X-Drs-Conformance", "a\rb")),
    "header-without-a-name": lambda m: m.adding(("", "a")),
    "octets-beyond-ascii": lambda m: m.adding(("X-Drs-Conformance", "\xff\xfe")),
    "a-thousand-headers": lambda m: m.adding(*((f"X-{number}", "a") for number in range(1000))),
    "http-1-0": lambda m: replace(m, version="HTTP/1.0"),
    "http-9-9": lambda m: replace(m, version="HTTP/9.9"),
    "no-version": lambda m: replace(m, version=""),
    "no-http": lambda m: replace(m, version="FTP/1.1"),
    "empty-line-first": lambda m: replace(m, method=f"\r\n{m.method}"),
    "method-with-a-control": lambda m: replace(m, method="PO\x01ST"),
    "target-without-a-slash": lambda m: replace(m, target=m.target[1:]),
    "target-with-a-space": lambda m: replace(m, target=f"{m.target} x"),
    "target-of-60-kib": lambda m: replace(m, target=f"{m.target}&x={'a' * 60 * 1024}"),
    "target-asterisk": lambda m: replace(m, target="*"),
    "target-percent": lambda m: replace(m, target="/%zz%00%ff/%2e%2e/"),
    "unknown-expectation": lambda m: m.adding(("Expect", "200-maybe")),
    "upgrade": lambda m: m.adding(("Connection", "Upgrade"), ("Upgrade", "h2c"), ("HTTP2-Settings", "")),
}
# A request line that names no HTTP/1 may be answered without a head: RFC 1945 6 has it so for no version at all, and
# RFC 9110 6.2 says no more than SHOULD of what another major version is answered in.
HEADLESS = ("no-version", "no-http", "http-9-9")


@requirement("processing/malformed-http")
def test_odd_http(case: Case) -> None:
    """A conforming request with one oddity of HTTP each: taken or refused, or the connection closed; nothing breaks."""
    with wire.beside(case):
        for name in case.sample(tuple(ODD)):
            exchange = wire.sent(case, ODD[name](wire.joining(case)), name.replace("-", " "), finish=True)
            wire.survived(case, "processing/malformed-http", exchange, headless=name in HEADLESS)
