"""The web application behind `revrec serve`: files of a folder store to whoever has a signed link.

What belongs here: answering GET and HEAD. What does not: which links are good (`resources.signed_links`), the process,
its port and its end (`revrec_dagster.serve_command`).

Nothing is listed, nothing is taken in, and what is refused is refused with the same few words, whether or not there is
a file: only a good link learns that its file is gone.
"""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from resources.object_store import ObjectNotFoundError, ObjectStore, UnsafeKeyError
from resources.signed_links import FolderLinks, RefusedLinkError
from revrec.errors import RevrecError

_CHUNK_BYTES = 256 * 1024

# An export is never shown inside of a page, guessed to be something else, kept on the way, or told of to other sites.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
}
_MEDIA_TYPES = {".csv": "text/csv; charset=utf-8", ".json": "application/json", ".zip": "application/zip"}


def link_application(store: ObjectStore, links: FolderLinks, clock: Callable[[], datetime]) -> Starlette:
    """The application.

    Args:
        store: Where the files are.
        links: Say which links are good.
        clock: The present time, aware.
    """

    async def answer(request: Request) -> Response:
        key = str(request.path_params["key"])
        try:
            links.opened(key, request.query_params.multi_items(), clock())
            file = await run_in_threadpool(store.open_read, key)
        except RefusedLinkError as error:
            return _told(403, str(error))
        except UnsafeKeyError:  # a symbolic link that leads out of the store
            return _told(403, "the link leads to no export: ask for a new one")
        except ObjectNotFoundError:
            return _told(404, "the file is gone: ask for a new export")
        except RevrecError:
            return _told(503, "the file cannot be read now: try again later")
        return _download(key, file, request.method)

    return Starlette(routes=[Route("/{key:path}", answer, methods=["GET", "HEAD"])])


def _told(status: int, reason: str) -> Response:
    return PlainTextResponse(f"{reason}\n", status, _HEADERS)


def _download(key: str, file: BinaryIO, method: str) -> Response:
    size_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    name = key.rpartition("/")[2]
    headers = {
        **_HEADERS,
        "Content-Length": str(size_bytes),
        "Content-Type": _MEDIA_TYPES.get(name[name.rfind(".") :], "application/octet-stream"),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
    }
    if method == "HEAD":
        file.close()
        return Response(headers=headers)
    return StreamingResponse(_chunks(file), headers=headers)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
