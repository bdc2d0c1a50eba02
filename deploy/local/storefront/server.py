"""Runs the storefront until it is told to stop, and says where it listens."""

import json
import signal
import socket
import sys
from types import FrameType

import uvicorn

from deploy.local.storefront.app import Storefront
from deploy.local.storefront.arrival import StampedProtocol, StampingSocket, listening_socket
from deploy.local.storefront.pages import World
from deploy.local.storefront.requestlog import RequestLog


class _Server(uvicorn.Server):
    """Prints one line of JSON with the base address once connections are accepted; holds no answer back at the end."""

    def __init__(self, config: uvicorn.Config, app: Storefront) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.stop()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            print(json.dumps({"url": base_address(listener)}), flush=True)


def base_address(listener: socket.socket) -> str:
    """The address clients use, for example ``http://127.0.0.1:8080``."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"


def serve(world: World, listener: StampingSocket, log: RequestLog, log_level: str = "warning") -> None:
    """Serves until SIGTERM or SIGINT, then lets open answers end, for a second at most, and returns."""
    # The server passes both signals on after its shutdown; here they only mean the end.
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    app = Storefront(world, log)
    config = uvicorn.Config(
        app,
        http=StampedProtocol,
        ws="none",
        # Arrival times come with Python's own socket reads, which uvloop goes around.
        loop="asyncio",
        lifespan="off",
        access_log=False,
        log_level=log_level,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        backlog=4096,
    )
    try:
        _Server(config, app).run(sockets=[listener])
    finally:
        app.close()


def open_listener(host: str, port: int) -> StampingSocket:
    """The listening socket; exits with a clear message when the address cannot be had."""
    try:
        return listening_socket(host, port)
    except OSError as error:
        sys.exit(f"storefront: cannot listen on {host}:{port}: {error}")


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
