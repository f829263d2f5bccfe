"""The reference server: a Device Registration Service that keeps every rule of the document, or breaks a named one.

The one rule: it stands outside the suite. It shares the codecs with it and nothing else, so that each can contradict
the other. The way of a request:

    peer        TLS and connection facts          handlers/     one module per service
    plain       the usual request, past h11       behaviour     every decision, as one value (the seam)
    app         paths; endpoint: HTTP <-> Asked, Reply
    rules       tables of named checks            members, transport_key, csr, attestation, tokens, nonces, challenges
    certificate the CA                            store, site, keyring   what is remembered, what is true, whose keys
    field       the field's habits                defects/      deliberate faults: Behaviour -> Behaviour
    hosting     settings -> a bound server        foreground    serve() blocks, running() is a context manager

Listens on 127.0.0.1 only. Heavy imports (uvicorn, starlette, joserfc) come with `serve` and `running`, not with this
package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .settings import Ready, Settings

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["Ready", "Settings", "running", "serve"]


def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM; the first line on standard output is the ready line. UsageError if it cannot."""
    from .foreground import serve as serve_now  # noqa: PLC0415 - uvicorn and starlette come when asked for

    serve_now(settings)


def running(settings: Settings) -> AbstractContextManager[Ready]:
    """A server in a thread of this process, for tests: a context manager that gives the ready facts."""
    from .foreground import running as running_now  # noqa: PLC0415

    return running_now(settings)
