"""The web application behind `revrec serve`: what a signed link gets, and what everything else gets."""

import http.client
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn

from resources.folder_store import FolderStore
from resources.link_server import link_application
from resources.settings import Settings, settings_from
from resources.signed_links import FolderLinks, SignedLinks, folder_links

KEY = "exports/requested/generic-0123456789abcdef.zip"
CONTENT = os.urandom(700_000)
SECRET = "0123456789abcdef" * 2


def link(store: FolderStore, settings: Settings, key: str = KEY) -> str:
    now = datetime.now(UTC)
    return SignedLinks(store, settings).link(key, expires_at=now + timedelta(hours=1), now=now)


def answer(url: str, method: str = "GET") -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10) as got:
            return got.status, got.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def store(root: Path) -> FolderStore:
    store = FolderStore(root)
    store.write_bytes(KEY, CONTENT)
    store.write_bytes("landing/secret.csv", b"secret")
    return store


@pytest.fixture(scope="module")
def served(store: FolderStore) -> Iterator[Settings]:
    """Settings whose links lead to a server of the store."""
    settings = settings_from({"REVREC_LINK_SECRET": SECRET})
    application = link_application(store, folder_links(settings), lambda: datetime.now(UTC))
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield replace(settings, link_url=f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join()


def test_a_good_link_downloads_the_file_as_an_attachment_that_nobody_keeps(
    store: FolderStore, served: Settings
) -> None:
    url = link(store, served)
    with urllib.request.urlopen(url, timeout=10) as got:
        assert got.read() == CONTENT
        headers = {name.lower(): value for name, value in got.getheaders()}
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''generic-0123456789abcdef.zip"
    assert headers["content-type"] == "application/zip"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=10) as got:
        assert (got.status, got.read(), got.headers["Content-Length"]) == (200, b"", str(len(CONTENT)))


def test_names_of_any_script_are_downloaded_under_their_name(store: FolderStore, served: Settings) -> None:
    key = 'exports/Größe 50%/a&b?c#"d.csv'
    store.write_bytes(key, b"x")
    with urllib.request.urlopen(link(store, served, key), timeout=10) as got:
        assert got.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%26b%3Fc%23%22d.csv"
        assert got.read() == b"x"


def test_a_link_that_has_ended_answers_403(store: FolderStore, served: Settings) -> None:
    url = FolderLinks(SECRET.encode(), served.link_url).link(KEY, datetime.now(UTC) - timedelta(seconds=1))
    assert answer(url) == (403, b"the link has ended: ask for a new one\n")


def altered(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    name, value = parts.query.split("expires=")
    expires, _ = value.split("&", 1)
    last = url[-1]
    return {
        "a later end": url.replace(f"expires={expires}", f"expires={int(expires) + 1}"),
        "an end with a sign": url.replace(f"expires={expires}", f"expires=%2B{expires}"),
        "another signature": url[:-1] + ("0" if last != "0" else "1"),
        "a signature in other letters": url[:-64] + "%C3%A4" * 64,
        "a shorter signature": url[:-1],
        "another file": url.replace(parts.path, "/exports/requested/other.zip"),
        "a file outside": url.replace(parts.path, "/landing/secret.csv"),
        "a path that leads out": url.replace(parts.path, "/exports/../landing/secret.csv"),
        "an encoded path that leads out": url.replace(parts.path, "/exports/%2e%2e/landing/secret.csv"),
        "a path with NUL": url.replace(parts.path, f"{parts.path}%00"),
        "the folder": url.replace(parts.path, "/exports/"),
        "the top": url.replace(parts.path, "/"),
        "another version": url.replace("v=1", "v=2"),
        "no version": url.replace("v=1&", ""),
        "no end": url.replace(f"expires={expires}&", ""),
        "no signature": f"{parts.scheme}://{parts.netloc}{parts.path}?{name}expires={expires}",
        "nothing signed": f"{parts.scheme}://{parts.netloc}{parts.path}",
    }


@pytest.mark.parametrize("change", altered("http://x/exports/a?v=1&expires=1&signature=" + "0" * 64))
def test_a_link_that_was_altered_answers_403(store: FolderStore, served: Settings, change: str) -> None:
    url = altered(link(store, served))[change]
    parts = urlsplit(url)
    # not urllib, which would clean the path up
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.putrequest("GET", f"{parts.path}?{parts.query}")
    connection.endheaders()
    got = connection.getresponse()
    status, body = got.status, got.read()
    connection.close()
    assert status == 403
    assert b"ask for a new one" in body


def test_a_link_signed_with_another_secret_answers_403(store: FolderStore, served: Settings) -> None:
    url = link(store, replace(served, link_secret="another secret of 32 characters.."))
    assert answer(url)[0] == 403


def test_only_a_good_link_learns_that_its_file_is_gone(store: FolderStore, served: Settings) -> None:
    store.write_bytes("exports/soon gone.zip", CONTENT)
    url = link(store, served, "exports/soon gone.zip")
    store.delete("exports/soon gone.zip")
    assert answer(url) == (404, b"the file is gone: ask for a new export\n")
    assert answer(url[:-1])[0] == 403


def test_a_good_link_to_a_symbolic_link_out_of_the_store_answers_403(
    store: FolderStore, served: Settings, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside.zip").write_bytes(b"secret")
    (root / "exports" / "linked.zip").symlink_to(tmp_path / "outside.zip")
    assert answer(link(store, served, "exports/linked.zip"))[0] == 403


def test_a_folder_is_not_listed_and_nothing_is_taken_in(store: FolderStore, served: Settings) -> None:
    assert answer(link(store, served, "exports/requested"))[0] == 404
    assert answer(link(store, served), "POST")[0] == 405
    assert answer(link(store, served), "PUT")[0] == 405
    assert store.read_bytes(KEY) == CONTENT
