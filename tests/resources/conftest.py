"""Real services for the tests of the resources: S3 (moto), PostgreSQL (pgserver), empty stores and databases."""

import http.client
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3  # type: ignore[import-untyped]  # ships no types
import pytest
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer
from sqlalchemy import Engine, NullPool, create_engine, make_url

from resources.books import Books, open_engine, upgrade
from resources.object_store import ObjectStore, open_object_store

# The account and partition moto puts every bucket in.
_MOTO_BACKEND = ("123456789012", "aws")


@dataclass(frozen=True)
class StoreAddress:
    """What it takes to open the same store again, from another process too."""

    url: str
    s3_endpoint_url: str | None


@dataclass
class CuttingProxy:
    """An HTTP proxy in front of S3 that breaks off the next bodies of ranged GETs, and notes the ranges."""

    url: str = ""
    bodies_to_cut: int = 0
    ranges_asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Address of an S3 server of this session."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that no real service takes, and no way to find the developer's own."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing-secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="session")
def s3_owner(s3_server: str) -> Any:
    """A plain boto3 client of whoever owns the buckets: makes them, and looks behind the store's back."""
    session = boto3.session.Session(aws_access_key_id="owner", aws_secret_access_key="owner-secret")
    return session.client("s3", endpoint_url=s3_server, region_name="us-east-1")


@pytest.fixture
def s3_bucket(s3_owner: Any, s3_credentials: None) -> str:
    """Name of an empty bucket."""
    name = f"test-{uuid.uuid4().hex}"
    s3_owner.create_bucket(Bucket=name)
    return name


@pytest.fixture(params=["folder", "s3"])
def store_address(request: pytest.FixtureRequest, tmp_path: Path) -> StoreAddress:
    """Address of an empty store, once a folder and once a bucket."""
    if request.param == "s3":
        bucket = request.getfixturevalue("s3_bucket")
        return StoreAddress(f"s3://{bucket}/books/acme", request.getfixturevalue("s3_server"))
    root = tmp_path / "store"
    root.mkdir()
    return StoreAddress(str(root), None)


@pytest.fixture
def object_store(store_address: StoreAddress) -> ObjectStore:
    """An empty store, once a folder and once a bucket."""
    return open_object_store(store_address.url, store_address.s3_endpoint_url)


@pytest.fixture
def put_behind_the_back(store_address: StoreAddress) -> Callable[[Iterable[str]], None]:
    """A function that puts small objects where the store lives, whatever their names, without asking the store."""

    def put(keys: Iterable[str]) -> None:
        for key in keys:
            if store_address.s3_endpoint_url is None:
                path = Path(store_address.url) / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"x")
            else:
                # Straight into the server of this process: a thousand requests would take ten seconds.
                bucket, prefix = store_address.url.removeprefix("s3://").split("/", 1)
                account, partition = _MOTO_BACKEND
                s3_backends[account][partition].put_object(bucket, f"{prefix}/{key}", b"x")

    return put


@pytest.fixture
def start_together() -> Callable[[Iterable[list[str]]], AbstractContextManager[list[subprocess.Popen[str]]]]:
    """A function that runs Python programs (text, then arguments) in processes that start their work at the same time.

    Each program prints "ready" and waits for a line before it works; leaving the block waits for all of them.
    """

    @contextmanager
    def start(programs: Iterable[list[str]]) -> Iterator[list[subprocess.Popen[str]]]:
        with ExitStack() as stack:
            processes = [
                stack.enter_context(
                    subprocess.Popen(
                        [sys.executable, "-c", *program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                    )
                )
                for program in programs
            ]
            for process in processes:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            yield processes

    return start


@pytest.fixture
def s3_cutting_proxy(s3_server: str) -> Iterator[CuttingProxy]:
    """A proxy to the S3 server that can break answers off half-way."""
    proxy = CuttingProxy()
    upstream = urlsplit(s3_server).netloc

    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            connection = http.client.HTTPConnection(upstream)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            data = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "date", "server"):
                    self.send_header(name, value)
            self.end_headers()
            if self.command == "GET" and "Range" in self.headers:
                proxy.ranges_asked.append(self.headers["Range"])
                if proxy.bodies_to_cut:
                    proxy.bodies_to_cut -= 1
                    data = data[: len(data) // 2]
            self.wfile.write(data)

        do_GET = do_HEAD = do_PUT = forward  # noqa: N815 - the names http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server gives it
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield proxy
        server.shutdown()
        thread.join()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database, ``postgresql://...``."""
    name = f"test_{uuid.uuid4().hex}"
    maintenance = create_engine(
        make_url(postgres_server).set(drivername="postgresql+psycopg2"),
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
    )
    with maintenance.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def books_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database for the books, once SQLite and once PostgreSQL."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'books.sqlite3'}"


@pytest.fixture
def empty_books_engine(books_url: str) -> Iterator[Engine]:
    """An engine on a database without tables."""
    engine = open_engine(books_url)
    yield engine
    engine.dispose()


@pytest.fixture
def books(empty_books_engine: Engine) -> Books:
    """Empty books, once in SQLite and once in PostgreSQL."""
    upgrade(empty_books_engine)
    return Books(empty_books_engine)
