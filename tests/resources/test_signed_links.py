"""Links with limited life: what they lead to, who can make them, and what is refused."""

import stat
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.pool import ThreadPool
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from resources.folder_store import FolderStore
from resources.object_store import ObjectStore, UnsafeKeyError, open_object_store
from resources.settings import Settings, settings_from
from resources.signed_links import (
    ForeignKeyError,
    LinkError,
    LinkLifeError,
    LinkSecretError,
    SignedLinks,
    folder_links,
)
from resources.state_folder import StateFolderError

NOW = datetime.now(UTC)
KEY = "exports/requested/generic-0123456789abcdef.zip"
CONTENT = b"an export"
SECRET = "0123456789abcdef" * 2


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_from({"REVREC_LINK_SECRET": SECRET, "XDG_STATE_HOME": str(tmp_path / "state")})


def link(store: ObjectStore, settings: Settings, key: str = KEY, life: timedelta = timedelta(hours=1)) -> str:
    return SignedLinks(store, settings).link(key, expires_at=NOW + life, now=NOW)


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("landing/customers/a.csv", ForeignKeyError),
        ("books.sqlite3", ForeignKeyError),
        ("exports", ForeignKeyError),
        ("exports_old/a.csv", ForeignKeyError),
        ("exports/../landing/a.csv", UnsafeKeyError),
        ("exports/", UnsafeKeyError),
        ("exports//a.csv", UnsafeKeyError),
        ("/exports/a.csv", UnsafeKeyError),
        ("exports/a\x00.csv", UnsafeKeyError),
        ("exports/a\n.csv", UnsafeKeyError),
        ("", UnsafeKeyError),
    ],
)
def test_no_link_is_made_to_anything_but_a_file_below_exports(
    object_store: ObjectStore, settings: Settings, key: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=r"key|link"):
        link(object_store, settings, key)


@pytest.mark.parametrize("life", [timedelta(0), timedelta(seconds=-5), timedelta(days=7, seconds=1)], ids=str)
def test_a_link_lives_a_second_at_least_and_seven_days_at_most(
    object_store: ObjectStore, settings: Settings, life: timedelta
) -> None:
    with pytest.raises(LinkLifeError, match="up to 7 days"):
        link(object_store, settings, life=life)


def test_a_link_to_s3_is_a_signed_get_that_ends_and_downloads_the_file(
    s3_bucket: str, s3_server: str, settings: Settings
) -> None:
    store = open_object_store(f"s3://{s3_bucket}/acme", s3_server)
    store.write_bytes(KEY, CONTENT)
    url = link(store, settings, life=timedelta(hours=36))
    signed = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert signed["X-Amz-Expires"] == str(36 * 3600)
    assert signed["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert signed["response-content-disposition"].startswith("attachment; filename*=UTF-8''generic-0123")
    assert urlsplit(url).path == f"/{s3_bucket}/acme/{KEY}"
    assert "testing-secret" not in url
    with urllib.request.urlopen(url, timeout=10) as got:
        assert (got.status, got.read()) == (200, CONTENT)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    (tmp_path / "store").mkdir()
    return FolderStore(tmp_path / "store")


def test_without_a_secret_a_key_is_made_once_that_only_its_owner_may_read(tmp_path: Path, store: FolderStore) -> None:
    settings = settings_from({"XDG_STATE_HOME": str(tmp_path / "state")})
    with ThreadPool(8) as threads:
        urls = threads.map(lambda _: link(store, settings), range(16))
    assert len(set(urls)) == 1
    path = tmp_path / "state" / "revrec" / "link-key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert len(path.read_text()) == 64
    assert path.read_text() not in urls[0]
    path.chmod(0o644)
    with pytest.raises(StateFolderError, match="others may read the key file"):
        link(store, settings)
    path.chmod(0o600)
    path.write_text("cut off")
    with pytest.raises(StateFolderError, match="is damaged"):
        link(store, settings)


def test_a_state_folder_that_cannot_be_made_is_told(tmp_path: Path, store: FolderStore) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StateFolderError, match="set XDG_STATE_HOME"):
        link(store, settings_from({"XDG_STATE_HOME": str(tmp_path / "state")}))


def test_a_short_secret_is_refused_and_not_shown(store: FolderStore, settings: Settings) -> None:
    with pytest.raises(LinkSecretError, match="shorter than 32 characters") as refused:
        link(store, replace(settings, link_secret="hunter2"))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["exports.example.com", "ftp://host", "https://", "http://a:hunter2@host", "http://[::1"]
)
def test_an_address_that_links_cannot_begin_with_is_refused(store: FolderStore, settings: Settings, url: str) -> None:
    with pytest.raises(LinkError, match="REVREC_LINK_URL") as refused:
        link(store, replace(settings, link_url=url))
    assert "hunter2" not in str(refused.value)


def test_links_do_not_show_their_secret(settings: Settings) -> None:
    assert SECRET not in repr(folder_links(settings))
    assert SECRET not in repr(SignedLinks(FolderStore("/"), settings))
