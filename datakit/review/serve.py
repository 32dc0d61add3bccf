"""Serving the page on loopback until Ctrl-C."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from datakit.errors import UsageError
from datakit.review.app import application, missing
from datakit.review.guard import Guard
from datakit.review.session import Session

LOOPBACK: Final = "127.0.0.1"


def serve(session: Session, *, raw: Path, port: int = 0, ready: Callable[[str], None]) -> None:
    """Serve until the user stops it; `ready` is told the address, which works once.

    `port` 0 takes a free one. Errors: `UsageError` where the port is taken, `MissingDependencyError`.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise missing(error) from error
    app = application(session, raw)
    with listen(port) as listening:
        taken: int = listening.getsockname()[1]
        guard = Guard(app, port=taken)
        config = uvicorn.Config(
            guard, log_level="warning", access_log=False, lifespan="off", ws="none", server_header=False
        )
        server = uvicorn.Server(config)
        try:
            ready(f"http://{LOOPBACK}:{taken}/?token={guard.token}")
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            return


def listen(port: int) -> socket.socket:
    """Return a socket that listens on loopback and on no other address.

    Errors: `UsageError` where the port is taken.
    """
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((LOOPBACK, port))
        made.listen()  # from here on a browser waits; a server that is still starting would refuse it
    except OSError as error:
        made.close()
        raise UsageError(
            f"--port {port}: cannot be used ({error.strerror}); take another, or none for a free one"
        ) from error
    return made
