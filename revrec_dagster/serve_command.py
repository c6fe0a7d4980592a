"""`revrec serve`: a web server for signed links to a folder store's exports.

What belongs here: its options, its port, its end. What does not: the application (`resources.link_server`), links
(`resources.signed_links`).
"""

import os
import socket
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from resources import settings
from resources.folder_store import FolderStore
from resources.opening import open_store
from resources.signed_links import folder_links
from revrec_dagster.command_line import FAILED, WRONG_USAGE, StoreOption, stop, use, wrong_usage

# Downloads that are under way when it is told to end may take this long.
_LAST_DOWNLOADS_SECONDS = 5


def serve(
    host: Annotated[str, typer.Option("--host", metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="0: any free one.")] = 8765,
    store: StoreOption = None,
) -> None:
    """Hand out exports of a folder store to whoever has a signed link; Ctrl-C ends it."""
    use(store)
    chosen = settings.settings_from()
    with wrong_usage():
        object_store = open_store(chosen)
        if not isinstance(object_store, FolderStore):
            stop("the store is S3, and links lead to S3 itself: there is nothing to serve", WRONG_USAGE)
        links = folder_links(chosen)
    import uvicorn  # with the application a fifth of a second: only those who serve pay

    from resources.link_server import link_application

    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        # socket.gaierror, of an unknown host, has no errno of the system
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        stop(f"cannot listen on {host} port {port}: {reason}; choose another --host or --port", FAILED)
    server = uvicorn.Server(
        uvicorn.Config(
            link_application(object_store, links, lambda: datetime.now(UTC)),
            # an access log would hold links that still work
            access_log=False,
            log_level="warning",
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=_LAST_DOWNLOADS_SECONDS,
        )
    )
    with listener:
        sys.stdout.write(f"serving exports of {object_store.uri('exports')} on {_address(listener)}; Ctrl-C ends it\n")
        sys.stdout.flush()
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:  # uvicorn has ended in order, and passes the signal on
            return


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
