"""Recognition runs in the activity log: per invoice and credit note, without a row for each in the books (SPEC 8).

What belongs here: noticing what a run made new, keeping it as one file, and entering the run into the books. What does
not: what is new of a document (`revrec.recognition_log`), reading the log (`assets.activity_log`).

A run of a document month is named by its run id; the same documents and rules are the same run. It is entered before
its schedules are written: whatever is posted from schedules in the lake is in the log, also where a process is killed
in between. Files are named after their content and never change, so that a killed or repeated run leaves nothing wrong
behind.
"""

import hashlib
import io
from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from resources.books import Activity, Books, RecordedActivity
from resources.lake_table import LakeTable
from resources.object_store import ObjectNotFoundError, ObjectStore
from resources.workspace import workspace
from revrec import ENGINE_VERSION
from revrec.errors import RevrecError
from revrec.policy import Policy
from revrec.recognition_log import READ_COLUMNS, RECOGNIZED_DOCUMENTS, DocumentType, last_known, newly_recognized

RECOGNIZED = "recognized"
# Recognition follows from documents and rules: nobody in particular does it.
_ACTOR = "revrec"
# Columns whose texts repeat from row to row: the others would fill a dictionary for nothing.
_REPEATED = ["outcome", "document_type", "customer_id", "entity", "currency", "run_id"]
# Digits of a file's sha256 in its name: as many as tell the files of one month apart.
_NAME_DIGITS = 16


class LogFileError(RevrecError, LookupError):
    """A file of the activity log cannot be read, or says something else than when it was entered."""


def record_recognition(
    month: str, obligations: LakeTable, amendments: LakeTable, store: ObjectStore, books: Books, policy: Policy
) -> None:
    """Enter the run that made a document month's obligations into the activity log, unless it is the last one there.

    What is only tried out, in a scratch store, is no run.

    Args:
        month: document month.
        obligations: as they lie in the lake.
        amendments: that they follow from.
        store: where the file goes.
        books: where the entry goes.
        policy: the run's.
    """
    if store.scratch:
        return
    run_id = _run_id(obligations)
    while True:
        runs = books.activities(RECOGNIZED, month)
        if (runs[-1].details["run_id"] if runs else "") == run_id:
            return
        documents = _new_documents(obligations, amendments, run_id, [_still_known(run, store) for run in runs])
        activity = _entry(month, run_id, documents, _kept(month, documents, store), policy)
        # else another process entered a run meanwhile, which this one has to be compared with
        if books.record_next_activity(activity, after=runs[-1].id if runs else None, now=datetime.now(UTC)):
            return


def documents_of(run: RecordedActivity, store: ObjectStore) -> pa.Table:
    """The documents that a run in the log made something new of: a table of `RECOGNIZED_DOCUMENTS`.

    Raises:
        LogFileError: the file is gone, or not what was entered.
    """
    key = str(run.details["file"])
    if not key:
        return RECOGNIZED_DOCUMENTS.empty_table()
    try:
        content = store.read_bytes(key)
    except ObjectNotFoundError as error:
        raise LogFileError(f"{key} of activity {run.id} is gone: put it back from a backup of the store") from error
    if hashlib.sha256(content).hexdigest() != run.details["sha256"]:
        raise LogFileError(f"{key} of activity {run.id} was altered: put it back from a backup of the store")
    return pq.read_table(pa.BufferReader(content), schema=RECOGNIZED_DOCUMENTS)


def _still_known(run: RecordedActivity, store: ObjectStore) -> pa.Table:
    """A file that is gone keeps nobody from recognizing revenue: its documents are new once more."""
    try:
        return documents_of(run, store)
    except LogFileError:
        return RECOGNIZED_DOCUMENTS.empty_table()


def _run_id(obligations: LakeTable) -> str:
    """The run's name, which every row has; empty where a month has no obligations (any more)."""
    first = next(obligations.batches(["run_id"]), None)
    return first["run_id"][0].as_py() if first else ""


def _new_documents(obligations: LakeTable, amendments: LakeTable, run_id: str, logged: Sequence[pa.Table]) -> pa.Table:
    applied = amendments.read_in("disposition", ["APPLIED"])
    with workspace() as connection:
        known = last_known(connection, logged)
        schema = pa.schema([obligations.schema.field(name) for name in READ_COLUMNS])
        batches = pa.RecordBatchReader.from_batches(schema, obligations.batches(READ_COLUMNS))
        return newly_recognized(connection, batches, applied, run_id, known)


def _kept(month: str, documents: pa.Table, store: ObjectStore) -> tuple[str, str]:
    """Key and sha256 of the file with the documents; none where there are no documents."""
    if not documents.num_rows:
        return "", ""
    sink = io.BytesIO()
    pq.write_table(documents, sink, compression="zstd", use_dictionary=_REPEATED)
    content = sink.getvalue()
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"activity/recognition/{month}/{sha256[:_NAME_DIGITS]}.parquet"
    store.write_bytes(key, content)
    return key, sha256


def _entry(month: str, run_id: str, documents: pa.Table, file: tuple[str, str], policy: Policy) -> Activity:
    ledgers = pc.binary_join_element_wise(documents["entity"], documents["currency"], "-")
    counts = pa.table({"type": documents["document_type"], "outcome": documents["outcome"], "ledger": ledgers})
    types = _counted(counts, "type")
    return Activity(
        actor=_ACTOR,
        activity=RECOGNIZED,
        subject=month,
        month=month,
        details={
            "run_id": run_id,
            "invoices": types.get(DocumentType.INVOICE, 0),
            "credit_notes": types.get(DocumentType.CREDIT_NOTE, 0),
            "accruals": types.get(DocumentType.ACCRUAL, 0),
            "outcomes": _counted(counts, "outcome"),
            "ledgers": _counted(counts, "ledger"),
            "policy_sha256": policy.sha256,
            "engine_version": ENGINE_VERSION,
            "file": file[0],
            "sha256": file[1],
        },
    )


def _counted(table: pa.Table, column: str) -> dict[str, int]:
    found = table[column].value_counts().to_pylist()
    return {each["values"]: each["counts"] for each in sorted(found, key=lambda each: each["values"])}
