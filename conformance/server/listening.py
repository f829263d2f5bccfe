"""uvicorn's server, which tells when it listens and leaves signals to whoever runs it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator


_STEPS = 3  # of the loop, from an accepted socket to `connection_made`


class Listening(uvicorn.Server):
    """Calls `listening` once connections are accepted."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """No signal is captured here, so that none is raised again after a clean end."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, then tells."""
        await super().startup(sockets)
        self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends in good order; then ends what is left open, such as a connection that came while others were told."""
        await self._accept_no_more()
        await super().shutdown(sockets)
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # for it to be done

    async def _accept_no_more(self) -> None:
        """What was accepted becomes a connection: asyncio makes none for a server that is closed, and loses it."""
        loop = asyncio.get_running_loop()
        if isinstance(loop, asyncio.SelectorEventLoop):
            for listener in [one for server in self.servers for one in server.sockets]:
                loop.remove_reader(listener)
        for _ in range(_STEPS):
            await asyncio.sleep(0)

    def stop(self, _number: int, _frame: object) -> None:
        """As a signal's handler: open requests are finished; the second time they are not."""
        self.force_exit = self.should_exit
        self.should_exit = True
