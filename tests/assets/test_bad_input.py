"""Bad input of every kind, landed among sound documents and run through the whole chain (SPEC 10).

What belongs here: that a bad document is in quarantine by name, is counted, and changes nothing of the others. What
does not: which values a rule refuses (the tests of the rules), and files that are no files (`test_fuzz`).
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import dagster as dg
import pyarrow as pa
import pytest

from assets.ledger import post
from assets.up_to_date import Places
from resources import settings
from resources.lake import Lake
from resources.opening import open_books, open_store
from resources.policy_file import load_policy
from resources.quarantine import count_quarantined_rows, quarantine_key, read_quarantine
from revrec.rejections import Rejection
from revrec.schemas import DATASETS
from tests.assets.bad_input import MONTH, SOUND, Bad, land
from tests.assets.bad_input_cases import CASES
from tests.assets.chain import code_location

# The month of the documents, the void's, and the last one that anything is earned in.
POSTED = (MONTH, "2025-03", "2026-01")
# Consuming more than a grant has left is bad input where its price is deferred.
POLICY = "versions: [{effective_from: 2000-01-01, credit_grant_policy: deferred_until_consumed}]\n"

# Files of which no row can be read: what they hold, and what is said.
FILES = {
    f"landing/usage/{MONTH}/headless.csv": ("u1,acme,api\n", "has no column"),
    f"landing/invoices/{MONTH}/extract.xlsx": ("PK", "has an ending other than"),
    "landing/customers/empty.csv": ("", "is empty"),
}

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

# Where a rejection is: quarantine file, landed file, row.
Place = tuple[str, str, int]


@dataclass(frozen=True)
class Posted:
    """A store after its months were posted.

    Attributes:
        root: folder of the store.
        landed: for each case, file and row of its rows.
        rejections: everything in quarantine, by the key of the quarantine file.
        journals: month to daily journals.
    """

    root: Path
    landed: dict[str, list[tuple[str, int]]]
    rejections: dict[str, list[Rejection]]
    journals: dict[str, pa.Table]


def places_of(store: Path) -> Places:
    chosen = settings.settings_from({settings.STORE: str(store)})
    objects = open_store(chosen)
    return Places(objects, Lake(objects), open_books(chosen), load_policy(None, objects))


def posted(store: Path, cases: dict[str, Bad]) -> Posted:
    """Land the sound documents with these cases among them, and post."""
    (store / "policy.yaml").write_text(POLICY, encoding="utf-8")
    found = land(store, [*SOUND, *(row for case in cases.values() for row in case.rows)])[len(SOUND) :]
    landed = {name: [found.pop(0) for _ in case.rows] for name, case in cases.items()}
    for key, (content, _) in FILES.items() if cases else ():
        (store / key).write_text(content, encoding="utf-8")
    places = places_of(store)
    for month in POSTED:
        places.lake.write("daily_journals", month, post(month, places, lambda *_: None))
    keys = [
        (asset, month)
        for asset in (*DATASETS, "line_allocations", "amendments")
        for month in (None, *(path.stem for path in (store / "quarantine" / asset).glob("????-??.jsonl")))
    ]
    rejections = {quarantine_key(*key): read_quarantine(places.store, *key) for key in keys}
    journals = {month: places.lake.open("daily_journals", month).read() for month in POSTED}
    return Posted(store, landed, {key: items for key, items in rejections.items() if items}, journals)


@pytest.fixture(scope="module")
def cases() -> dict[str, Bad]:
    return {name: case.named(f"bad{number:02}") for number, (name, case) in enumerate(CASES.items(), start=1)}


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory, cases: dict[str, Bad]) -> Posted:
    return posted(tmp_path_factory.mktemp("spoilt"), cases)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Posted:
    return posted(tmp_path_factory.mktemp("sound"), {})


def quarantine_of(asset: str, dataset: str) -> str:
    """Key of the quarantine file that an asset puts a dataset's row into; rows of reference data have no month."""
    return quarantine_key(asset, MONTH if DATASETS[dataset].monthly else None)


def expected_places(spoilt: Posted, cases: dict[str, Bad]) -> set[Place]:
    """Where every bad row must be, and the files of which no row can be read."""
    rows = {
        (quarantine_of(case.found_by(at), dataset), *spoilt.landed[name][at])
        for name, case in cases.items()
        for at, (dataset, _) in enumerate(case.rows)
        if case.found_by(at)
    }
    return rows | {(quarantine_of(key.split("/")[1], key.split("/")[1]), key, 0) for key in FILES}


@pytest.mark.parametrize("name", CASES)
def test_it_is_in_quarantine_by_name(name: str, cases: dict[str, Bad], spoilt: Posted) -> None:
    case = cases[name]
    (dataset, fields), (file, row) = case.rows[case.at], spoilt.landed[name][case.at]
    found = [
        item
        for item in spoilt.rejections.get(quarantine_of(case.found_by(case.at), dataset), [])
        if (item.file, item.row) == (file, row) and item.field == case.field
    ]

    assert len(found) == 1
    assert found[0].dataset == dataset
    assert found[0].value == case.value
    assert case.reason in found[0].reason
    assert found[0].action
    # nothing of what landed is lost, but for how an amount or a timestamp was spelled
    assert {name for name, value in found[0].record.items() if value} == {name for name, text in fields.items() if text}
    assert found[0].record["id"] == fields["id"]


@pytest.mark.parametrize("key", FILES)
def test_a_file_of_which_no_row_can_be_read_is_in_quarantine_by_name(key: str, spoilt: Posted) -> None:
    dataset = key.split("/")[1]
    [item] = [item for item in spoilt.rejections[quarantine_of(dataset, dataset)] if item.file == key]

    assert (item.dataset, item.row, item.value) == (dataset, 0, Path(key).name)
    assert FILES[key][1] in item.reason


def test_nothing_else_is_in_quarantine(spoilt: Posted, cases: dict[str, Bad]) -> None:
    found = {(key, item.file, item.row) for key, items in spoilt.rejections.items() for item in items}

    assert found == expected_places(spoilt, cases)


def test_nothing_of_the_sound_documents_is_in_quarantine(sound: Posted) -> None:
    assert sound.rejections == {}


@pytest.mark.parametrize("month", POSTED)
def test_the_sound_documents_post_as_if_nothing_bad_had_landed(month: str, spoilt: Posted, sound: Posted) -> None:
    # a run is named after all documents of its month, those that bear on nothing included
    journals, expected = (found.journals[month].drop_columns("run_id") for found in (spoilt, sound))

    assert journals.num_rows > 0
    assert journals.equals(expected)


@pytest.fixture(scope="module")
def checks(spoilt: Posted) -> dict[str, dg.AssetCheckEvaluation]:
    """Asset to what its check `nothing_in_quarantine` says, of the month where there are months."""
    location = code_location()
    keys = [key for key in location.resolve_asset_graph().asset_check_keys if key.name == "nothing_in_quarantine"]
    environment = {settings.STORE: str(spoilt.root), settings.POLICY: "", settings.DATABASE_URL: ""}
    found: dict[str, dg.AssetCheckEvaluation] = {}
    with mock.patch.dict(os.environ, environment):
        for month in (None, MONTH):
            reference = {name for name, dataset in DATASETS.items() if not dataset.monthly}
            chosen = {key for key in keys if (key.asset_key.to_user_string() in reference) == (month is None)}
            job = location.resolve_implicit_global_asset_job_def()
            result = job.get_subset(asset_selection=set(), asset_check_selection=chosen).execute_in_process(
                run_config=QUIET,
                instance=dg.DagsterInstance.ephemeral(),
                tags={"dagster/partition": month} if month else None,
            )
            found |= {item.asset_key.to_user_string(): item for item in result.get_asset_check_evaluations()}
    return found


@pytest.mark.parametrize("asset", [*DATASETS, "line_allocations", "amendments"])
def test_the_check_of_the_asset_that_found_it_counts_it(
    asset: str, checks: dict[str, dg.AssetCheckEvaluation], spoilt: Posted, cases: dict[str, Bad]
) -> None:
    bad = {place[1:] for place in expected_places(spoilt, cases) if place[0].split("/")[1] == asset}

    assert bad
    assert not checks[asset].passed
    assert checks[asset].severity == dg.AssetCheckSeverity.WARN
    assert checks[asset].metadata["rows_in_quarantine"].value == len(bad)


def test_what_is_withdrawn_leaves_the_quarantine_with_its_month(sound: Posted, tmp_path: Path) -> None:
    shutil.copytree(sound.root, tmp_path / "store")
    places = places_of(tmp_path / "store")
    file = tmp_path / "store" / "landing" / "usage" / "2025-05" / "extract.csv"
    file.parent.mkdir()
    bad = ["u1,ghost,api,USD,2025-05-01,2025-05-31,10.00", "u2,acme,api,USD,2025-05-01,soon,10.00"]
    file.write_text("\n".join(["id,customer_id,product_id,currency,period_start,period_end,amount", *bad, ""]))
    counted = []
    for _ in ("landed", "withdrawn"):
        post(MONTH, places, lambda *_: None)
        counted.append(count_quarantined_rows(places.store))
        file.unlink(missing_ok=True)

    assert counted == [2, 0]
