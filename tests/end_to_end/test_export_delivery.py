"""An export from the web server's GraphQL to a mail at a real SMTP server, and from its link to the file: out of a real
S3 API, and out of a folder store through a real `revrec serve`.
"""

import hashlib
import io
import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from tests.assets.chain import Chain
from tests.end_to_end.dagster_servers import QUEUED
from tests.end_to_end.export_site import (
    BUCKET,
    LAUNCH_AGAIN,
    RUN_TIMEOUT_S,
    Site,
    ended,
    export_site,
    neutral_environment,
)
from tests.mail_server import MailServer, mail_server
from tests.resources.conftest import s3_server  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

# A year in advance, and one charge.
BOOKS = """
    customers
    id
    acme
    bolt

    products
    id
    plan

    invoices/2025-01
    id    | customer_id | currency | accounting_date | net_total
    inv_1 | acme        | USD      | 2025-01-01      | 1200.00
    inv_2 | bolt        | USD      | 2025-01-15      | 90.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 1200.00   | 2025-01-01           | 2025-12-31
    li_2 | inv_2      | plan       | 90.00     | 2025-01-15           | 2025-01-15
"""


@pytest.fixture(scope="module")
def posted(landing_store: "LandingStore") -> Path:
    store = landing_store(BOOKS)
    assert Chain(store).materialize("daily_journals", month="2025-01").success
    return store


@pytest.fixture(scope="module")
def site(
    posted: Path,
    s3_server: str,  # noqa: F811 - the fixture
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    with export_site(posted, s3_server, tmp_path_factory.mktemp("site")) as running:
        yield running


@contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A real `revrec serve`, ended as by Ctrl-C."""
    port = environment["REVREC_LINK_URL"].rpartition(":")[2]
    command = [str(Path(sys.executable).with_name("revrec")), "serve", "--port", port]
    with subprocess.Popen(
        command, env={**neutral_environment(), **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert f"on http://127.0.0.1:{port}; Ctrl-C ends it" in server.stdout.readline()
        yield server
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=20) == 0
        assert server.stderr is not None
        assert server.stderr.read() == ""


def link_of(server: MailServer) -> str:
    [mail] = server.mails
    [link] = re.findall(r"^https?://\S+", mail.get_content(), re.MULTILINE)
    return str(link)


def downloaded(link: str) -> bytes:
    with urllib.request.urlopen(link, timeout=60) as answer:
        content: bytes = answer.read()
        return content


def status(link: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(link, timeout=60)
    return int(refused.value.code)


def check_content(content: bytes, server: MailServer) -> None:
    """The file is what the mail says, and holds the customer's journals alone."""
    assert f"SHA-256:  {hashlib.sha256(content).hexdigest()}" in server.mails[0].get_content()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        manifest = json.loads(archive.read("default-USD.manifest.json"))
        lines = archive.read("default-USD.csv")
    assert manifest["sha256"] == hashlib.sha256(lines).hexdigest()
    assert (manifest["total_debits"], manifest["filters"]) == ("1300.00", {"customers": "acme"})
    assert b"bolt" not in lines


def test_an_export_launched_in_the_browser_is_mailed_as_a_link_to_s3(site: Site) -> None:
    assert ended(site.ui, site.runs["revrec_s3"])["runOrError"]["status"] == "SUCCESS"
    link = link_of(site.s3_mails)
    assert f"/{BUCKET}/acme/exports/requested/generic-" in link
    assert "X-Amz-Expires=86400&" in link
    assert site.s3_mails.recipients == [["ana@example.com"]]
    check_content(downloaded(link), site.s3_mails)


def test_with_the_mail_server_down_the_run_fails_visibly_and_running_it_again_sends_one_link_that_works(
    site: Site,
) -> None:
    run = site.runs["revrec"]
    failed = ended(site.ui, run)
    assert failed["runOrError"]["status"] == "FAILURE"
    [error] = [event["error"] for event in failed["logsForRun"]["events"] if event]
    reasons = " ".join([error["message"], *(cause["error"]["message"] for cause in error["causes"])])
    assert re.search(r"the export is kept as exports/requested/generic-\w+\.zip, but its link was not sent to", reasons)
    assert f"127.0.0.1:{site.folder_mails}" in reasons

    with mail_server(site.folder_mails) as mails:
        again = site.ui.ask(LAUNCH_AGAIN, id=run)["launchRunReexecution"]
        assert again["__typename"] == "LaunchRunSuccess", again
        done = ended(site.ui, again["run"]["runId"])
        assert (done["runOrError"]["status"], done["runOrError"]["rootRunId"]) == ("SUCCESS", run)
    assert len(mails.mails) == 1
    link = link_of(mails)
    with serving(site.folder):
        check_content(downloaded(link), mails)
        assert status(link[:-1] + ("0" if link[-1] != "0" else "1")) == 403
        assert status(link.replace("/exports/", "/landing/")) == 403
    remembered = b"".join(path.read_bytes() for path in site.dagster_home.rglob("*") if path.is_file())
    assert b"exports/requested/generic-" in remembered
    for secret in (b"signature=", b"X-Amz-Signature", site.secret.read_bytes()):
        assert secret not in remembered


def test_the_command_submits_a_run_to_the_dagster_instance(posted: Path, tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text(QUEUED)
    command = [str(Path(sys.executable).with_name("revrec")), "export", "--format", "xero", "--from", "2025-01"]
    finished = subprocess.run(
        [*command, "--to", "2025-01", "--background", "--recipient", "ana@example.com", "--by", "Ana"],
        env={**neutral_environment(), "DAGSTER_HOME": str(tmp_path), "REVREC_STORE": str(posted)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        run = instance.get_run_by_id(finished.stdout.strip())
    assert run is not None
    assert (run.job_name, run.status) == ("export_journals", dg.DagsterRunStatus.QUEUED)
    config: Any = run.run_config
    assert config["ops"]["export"]["config"]["recipient"] == "ana@example.com"
    # the daemon finds the run's code under the name that workspace.yaml gives it
    assert run.remote_job_origin is not None
    assert run.remote_job_origin.location_name == "revrec"
