"""The manifest beside an export file."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from revrec import ENGINE_VERSION
from revrec.accounts import Ledger
from revrec.exports import EXPORT_FORMATS
from revrec.exports.manifest import manifest, manifest_bytes, manifest_name
from revrec.policy import Policy

_JOURNALS = """
journal          | first_day  | days | a_day | last_day
RR-202501-000001 | 2025-01-01 | 3    | 1.000 | 0.005
"""


def test_a_manifest_says_what_is_in_the_file_and_what_it_was_made_from(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    ledger, policy = Ledger("default", "KWD"), Policy()
    (layout,) = EXPORT_FORMATS["generic"].layouts(policy, ledger)
    exported = export("generic", journals(_JOURNALS, currency="KWD"), ledger=ledger)
    content = manifest(layout, "2025-01", exported.totals[0], policy)
    assert content == {
        "file": "default-KWD.csv",
        "part": 1,
        "parts": 1,
        "format": "generic",
        "entity": "default",
        "currency": "KWD",
        "month": "2025-01",
        "granularity": "daily",
        "rows": 6,
        "journals": 1,
        "total_debits": "2.005",
        "total_credits": "2.005",
        "total_debits_minor": 2005,
        "total_credits_minor": 2005,
        "bytes": len(exported.files["default-KWD.csv"]),
        "sha256": hashlib.sha256(exported.files["default-KWD.csv"]).hexdigest(),
        "filters": {},
        "as_of": None,
        "policy_sha256": policy.sha256,
        "engine_version": ENGINE_VERSION,
    }
    assert json.loads(manifest_bytes(content)) == content
    assert manifest_bytes(content) == manifest_bytes(manifest(layout, "2025-01", exported.totals[0], policy))


def test_filters_and_as_of_are_written_as_given(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    (layout,) = EXPORT_FORMATS["generic"].layouts(Policy(), Ledger("default", "KWD"))
    totals = export("generic", journals(_JOURNALS, currency="KWD"), ledger=Ledger("default", "KWD")).totals[0]
    content = manifest(layout, "2025-01", totals, Policy(), filters={"customer": "Zürich"}, as_of="2025-02-03")
    assert (content["filters"], content["as_of"]) == ({"customer": "Zürich"}, "2025-02-03")
    assert "Zürich".encode() in manifest_bytes(content)


def test_a_manifest_is_named_after_its_file() -> None:
    assert manifest_name("default-USD-import-002.csv") == "default-USD-import-002.manifest.json"
