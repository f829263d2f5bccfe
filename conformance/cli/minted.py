"""Run as a file of its own: asks the mint of a reference server for a challenge, and prints it.

The one rule: nothing of ours is imported, and no HTTP client. A run of the suite asks for a challenge some 65 times,
and more than half of what each costs would go into importing one.
"""

from __future__ import annotations

import json
import socket
import sys

_SECONDS = 10.0


def main(url: str, ca: str) -> None:
    """Prints the challenge that the mint at this URL answers with; `ca` is the file of the server's CA, for TLS.

    Raises `OSError`, `ValueError` or `KeyError` where it gives none.
    """
    scheme, _, rest = url.partition("://")
    place, _, path = rest.partition("/")
    host, _, port = place.partition(":")
    connection = socket.create_connection((host, int(port)), timeout=_SECONDS)
    if scheme == "https":
        import ssl  # noqa: PLC0415 - half as much again to import

        connection = ssl.create_default_context(cafile=ca).wrap_socket(connection, server_hostname=host)
    head = f"POST /{path} HTTP/1.0\r\nHost: {place}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
    with connection, connection.makefile("rb") as answer:  # to its end, which HTTP/1.0 has it be without being asked
        connection.sendall(f"{head}{{}}".encode())
        print(json.loads(answer.read().partition(b"\r\n\r\n")[2])["challenge"])  # noqa: T201 - what it is for


if __name__ == "__main__":
    main(*sys.argv[1:])
