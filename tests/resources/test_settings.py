"""Settings from the environment: every one has a default that works on a laptop."""

import os
import re
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import make_url

from resources import settings
from resources.settings import Settings, settings_from

DEFAULTS = {
    "store": "store",
    "database_url": "sqlite:///store/books.sqlite3",
    "s3_endpoint_url": None,
    "policy": None,
    "link_secret": None,
    "link_url": "http://127.0.0.1:8765",
    "smtp_url": None,
    "mail_from": "revrec@localhost",
    "state_folder": "~/.local/state/revrec",
}


def test_an_empty_environment_has_defaults() -> None:
    assert asdict(settings_from({})) == DEFAULTS


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param(
            {"REVREC_STORE": "/data/acme"},
            {"store": "/data/acme", "database_url": "sqlite:////data/acme/books.sqlite3"},
            id="the books lie beside a folder store",
        ),
        pytest.param(
            {"REVREC_STORE": "s3://bucket/acme", "REVREC_S3_ENDPOINT_URL": "http://minio:9000"},
            {
                "store": "s3://bucket/acme",
                "database_url": "sqlite:///books.sqlite3",
                "s3_endpoint_url": "http://minio:9000",
            },
            id="the books lie in the working folder beside a bucket",
        ),
        pytest.param(
            {"REVREC_DATABASE_URL": "postgresql://db/books", "REVREC_STORE": "s3://bucket"},
            {"store": "s3://bucket", "database_url": "postgresql://db/books"},
            id="a database of its own",
        ),
        pytest.param({"REVREC_POLICY": "policies/acme.yaml"}, {"policy": "policies/acme.yaml"}, id="a policy file"),
        pytest.param(
            {"REVREC_LINK_SECRET": "a long secret of the team", "REVREC_LINK_URL": "https://exports.example.com"},
            {"link_secret": "a long secret of the team", "link_url": "https://exports.example.com"},
            id="links of a team",
        ),
        pytest.param(
            {"REVREC_SMTP_URL": "smtps://ana:secret@mail.example.com", "REVREC_MAIL_FROM": "books@example.com"},
            {"smtp_url": "smtps://ana:secret@mail.example.com", "mail_from": "books@example.com"},
            id="a mail server",
        ),
        pytest.param({"XDG_STATE_HOME": "/state/"}, {"state_folder": "/state/revrec"}, id="a state folder"),
        pytest.param({"XDG_STATE_HOME": "relative"}, {}, id="a relative state folder counts as absent"),
        pytest.param({"REVREC_STORE": "", "REVREC_POLICY": "", "REVREC_DATABASE_URL": ""}, {}, id="empty is absent"),
        pytest.param({"STORE": "x", "REVREC_STORES": "y", "HOME": "/root"}, {}, id="other variables are none of ours"),
    ],
)
def test_a_variable_sets_what_it_names_and_nothing_else(
    environment: dict[str, str], expected: dict[str, str | None]
) -> None:
    assert asdict(settings_from(environment)) == DEFAULTS | expected


@pytest.mark.parametrize(
    "store", ["store", "/data/acme", "./here", "a folder/with blanks", "C%20D", "what?", "a#b", "ü"]
)
def test_the_default_books_are_a_file_in_the_store_for_sqlalchemy_too(store: str) -> None:
    url = make_url(settings_from({"REVREC_STORE": store}).database_url)
    assert url.drivername == "sqlite"
    assert url.database is not None
    assert os.path.normpath(url.database) == os.path.normpath(f"{store}/books.sqlite3")


def test_the_environment_of_the_process_is_read_when_asked_not_when_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVREC_STORE", "/first")
    assert settings_from().store == "/first"
    monkeypatch.setenv("REVREC_STORE", "/second")
    assert settings_from().store == "/second"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        settings_from({}).store = "elsewhere"  # type: ignore[misc]  # that is the point


def test_settings_do_not_show_their_secrets() -> None:
    names = ("REVREC_LINK_SECRET", "REVREC_SMTP_URL", "REVREC_DATABASE_URL")
    assert "hunter2" not in repr(settings_from(dict.fromkeys(names, "smtp://ana:hunter2@host")))


def test_every_variable_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", page, re.MULTILINE))
    ours = {value for value in vars(settings).values() if isinstance(value, str) and value.startswith("REVREC_")}
    assert documented == {*ours, "XDG_STATE_HOME", "DAGSTER_HOME"}


def test_settings_are_compared_by_value() -> None:
    assert settings_from({}) == Settings(**DEFAULTS)  # type: ignore[arg-type]  # a plain dictionary of both types
