"""`revrec serve` where it cannot serve; that it does, tests/end_to_end/test_export_delivery.py shows."""

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.revrec_dagster.conftest import Revrec


def test_a_port_that_is_taken_is_told_in_one_line(revrec: Revrec, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {"REVREC_STORE": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
        finished = revrec("serve", "--port", str(port), environment=environment)
    assert (finished.status, finished.stdout) == (1, "")
    assert finished.stderr == (
        f"revrec: cannot listen on 127.0.0.1 port {port}: Address already in use; choose another --host or --port\n"
    )


def test_a_bucket_needs_no_server(revrec: Revrec) -> None:
    finished = revrec("serve", "--store", "s3://acme-books")
    assert (finished.status, finished.stdout) == (2, "")
    assert finished.stderr == "revrec: the store is S3, and links lead to S3 itself: there is nothing to serve\n"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"REVREC_LINK_SECRET": "hunter2"}, "REVREC_LINK_SECRET is shorter than 32 characters"),
        ({"REVREC_LINK_URL": "exports.example.com"}, "REVREC_LINK_URL 'exports.example.com' is no address"),
        ({"REVREC_STORE": "nowhere"}, "the object store"),
    ],
    ids=["secret", "address", "store"],
)
def test_settings_that_cannot_be_are_told_before_anything_is_served(
    revrec: Revrec, tmp_path: Path, environment: Mapping[str, str], said: str
) -> None:
    finished = revrec("serve", environment={"REVREC_STORE": str(tmp_path), **environment})
    assert (finished.status, finished.stdout) == (2, "")
    [line] = finished.stderr.splitlines()
    assert said in line
    assert "hunter2" not in line
