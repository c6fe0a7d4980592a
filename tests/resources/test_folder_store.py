"""What only a folder store has to deal with: links, half-written files on disk, permissions, a disk that went away."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from resources.folder_store import FolderStore
from resources.object_store import (
    ObjectNotFoundError,
    StoreAddressError,
    StoreNotFoundError,
    UnsafeKeyError,
    open_object_store,
)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    (tmp_path / "store").mkdir()
    return FolderStore(tmp_path / "store")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.csv").write_text("secret")
    return folder


def keys(store: FolderStore, prefix: str = "") -> list[str]:
    return [found.key for found in store.list_objects(prefix)]


def test_a_missing_folder_is_reported_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreNotFoundError, match=r"'.*nowhere' is not a folder: create it") as caught:
        open_object_store(str(tmp_path / "nowhere"))
    assert isinstance(caught.value, FileNotFoundError)
    (tmp_path / "file").touch()
    with pytest.raises(StoreNotFoundError):
        FolderStore(tmp_path / "file")


def test_a_folder_that_goes_away_is_not_silently_made_again(tmp_path: Path, store: FolderStore) -> None:
    shutil.rmtree(tmp_path / "store")
    with pytest.raises(StoreNotFoundError):
        store.write_bytes("landing/a.csv", b"x")
    with pytest.raises(StoreNotFoundError):
        list(store.list_objects(""))
    with pytest.raises(StoreNotFoundError):
        store.list_folders("landing")
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("address", ["{0}", "{0}/", "file://{0}", "file://localhost{0}"])
def test_a_folder_is_opened_by_path_or_file_address(tmp_path: Path, address: str) -> None:
    (tmp_path / "b.csv").write_bytes(b"x")
    store = open_object_store(address.format(tmp_path))
    assert store.read_bytes("b.csv") == b"x"
    assert store.uri("a b.csv") == (tmp_path / "a b.csv").as_uri()


def test_the_home_folder_may_be_written_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "books").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_object_store("~/books").uri("a") == (tmp_path / "books" / "a").as_uri()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "gs://bucket",
        "file://host/share",
        "s3://",
        "s3:///prefix",
        "s3://user:hunter2@bucket/x",
        "http://u:hunter2@h/b",
    ],
)
def test_other_addresses_are_refused_without_showing_credentials(address: str) -> None:
    with pytest.raises(StoreAddressError, match=r"give|three slashes") as caught:
        open_object_store(address)
    assert isinstance(caught.value, ValueError)
    assert "hunter2" not in str(caught.value)


def test_links_that_lead_out_of_the_store_are_not_followed(tmp_path: Path, store: FolderStore, outside: Path) -> None:
    store.write_bytes("in/a.csv", b"x")
    (tmp_path / "store" / "in" / "link.csv").symlink_to(outside / "secret.csv")
    (tmp_path / "store" / "linked").symlink_to(outside)
    assert keys(store) == ["in/a.csv"]
    assert keys(store, "linked/") == []
    assert store.list_folders("") == ["in"]
    for use in (store.read_bytes, store.exists):
        for key in ("in/link.csv", "linked/secret.csv"):
            with pytest.raises(UnsafeKeyError, match="symbolic link"):
                use(key)
    with pytest.raises(UnsafeKeyError, match="symbolic link"):
        store.write_bytes("linked/new.csv", b"x")
    with pytest.raises(UnsafeKeyError, match="symbolic link"):
        store.delete("linked/secret.csv")
    assert [path.name for path in outside.iterdir()] == ["secret.csv"]


def test_writing_or_deleting_a_link_touches_the_link_and_not_what_it_leads_to(
    tmp_path: Path, store: FolderStore, outside: Path
) -> None:
    for name in ("written", "deleted"):
        (tmp_path / "store" / name).symlink_to(outside / "secret.csv")
    store.write_bytes("written", b"new")
    store.delete("deleted")
    assert store.read_bytes("written") == b"new"
    assert keys(store) == ["written"]
    assert (outside / "secret.csv").read_text() == "secret"


def test_links_inside_the_store_are_followed_but_never_in_circles(tmp_path: Path, store: FolderStore) -> None:
    store.write_bytes("a/x", b"1")
    store.write_bytes("b/y", b"2")
    (tmp_path / "store" / "a" / "b").symlink_to(tmp_path / "store" / "b")
    (tmp_path / "store" / "b" / "a").symlink_to(tmp_path / "store" / "a")
    (tmp_path / "store" / "self").symlink_to(tmp_path / "store" / "self")
    (tmp_path / "store" / "a" / "dangling").symlink_to(tmp_path / "store" / "nothing")
    assert keys(store) == ["a/b/y", "a/x", "b/a/x", "b/y"]
    assert store.read_bytes("a/b/y") == b"2"
    assert not store.exists("self")


def test_a_root_that_is_a_link_is_no_way_out(tmp_path: Path, store: FolderStore) -> None:
    (tmp_path / "alias").symlink_to(tmp_path / "store")
    FolderStore(tmp_path / "alias").write_bytes("a", b"x")
    assert keys(store) == ["a"]


def test_a_writer_killed_half_way_leaves_nothing_that_is_listed_or_read(tmp_path: Path, store: FolderStore) -> None:
    store.write_bytes("exports/a.csv", b"old")
    program = (
        "import sys, time; from resources.folder_store import FolderStore\n"
        "with FolderStore(sys.argv[1]).open_write('exports/a.csv') as file:\n"
        "    file.write(b'half'); file.flush(); print('written', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "store")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written\n"
        writer.kill()
    assert writer.returncode == -signal.SIGKILL
    assert len(list((tmp_path / "store" / "exports").iterdir())) == 2
    assert keys(store) == keys(store, "exports/") == ["exports/a.csv"]
    assert store.read_bytes("exports/a.csv") == b"old"


def test_a_write_that_fails_leaves_no_file_on_disk(tmp_path: Path, store: FolderStore) -> None:
    def write_and_fail() -> None:
        with store.open_write("exports/a.csv") as file:
            file.write(b"half")
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        write_and_fail()
    assert list((tmp_path / "store" / "exports").iterdir()) == []


def test_a_reader_keeps_the_version_it_opened(store: FolderStore) -> None:
    store.write_bytes("a", b"old" * 1_000_000)
    with store.open_read("a") as file:
        assert file.read(3) == b"old"
        store.write_bytes("a", b"new" * 1_000_000)
        assert file.read() == b"old" * 999_999


def test_an_etag_never_comes_back_even_where_the_clock_stands_still(tmp_path: Path, store: FolderStore) -> None:
    etags = []
    for length in (5, 6, 5, 5):
        store.write_bytes("a", b"x" * length)
        etags.append(next(store.list_objects("a")).etag)
    future_ns = (tmp_path / "store" / "a").stat().st_mtime_ns + 10**9
    os.utime(tmp_path / "store" / "a", ns=(future_ns, future_ns))
    store.write_bytes("a", b"x" * 5)
    etags.append(next(store.list_objects("a")).etag)
    assert len(set(etags)) == len(etags)
    assert etags[-1] == f"5-{future_ns + 1}"


def test_objects_have_the_permissions_that_the_user_gives_to_new_files(tmp_path: Path, store: FolderStore) -> None:
    before = os.umask(0o027)
    try:
        store.write_bytes("a", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "store" / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    "key", ["a/b", "a/b/c", "folder"], ids=["below an object", "far below one", "in place of a folder"]
)
def test_an_object_and_a_folder_cannot_have_one_name(tmp_path: Path, store: FolderStore, key: str) -> None:
    store.write_bytes("a", b"x")
    store.write_bytes("folder/b", b"x")
    with pytest.raises(UnsafeKeyError, match="same name; choose another key"):
        store.write_bytes(key, b"y")
    assert sorted(path.name for path in (tmp_path / "store").rglob("*")) == ["a", "b", "folder"]


def test_what_is_not_a_file_is_no_object(tmp_path: Path, store: FolderStore) -> None:
    os.mkfifo(tmp_path / "store" / "pipe")
    assert keys(store) == []
    assert not store.exists("pipe")
    with pytest.raises(ObjectNotFoundError):
        store.open_read("pipe")


def test_users_of_a_folder_do_not_pay_for_boto3(tmp_path: Path) -> None:
    program = (
        "import sys; from resources.object_store import open_object_store\n"
        "open_object_store(sys.argv[1]).write_bytes('a', b'x')\n"
        "assert not {'boto3', 'botocore'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    assert (tmp_path / "a").read_bytes() == b"x"
