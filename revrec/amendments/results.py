"""What came of the documents: rows of `tables.AMENDMENTS`, and rejections.

What belongs here: the order of the rows, and rejected rows with their fields as they landed. What does not: how either
is found.
"""

from collections.abc import Iterator

import pyarrow as pa

from revrec import tables
from revrec.amendments.documents import AMENDING_DATASETS
from revrec.amendments.workspace import Workspace
from revrec.rejections import Rejection, rejection_of
from revrec.schemas import DATASETS, FieldType

BATCH_ROWS = 65_536

_MONTHS = "SELECT home FROM amendment UNION SELECT home FROM fault ORDER BY home"

# The landed file and row come last, and only settle what is the same in every other respect: renaming a file must
# change nothing else.
_ROWS = f"""
SELECT {", ".join(tables.AMENDMENTS.names)} FROM amendment WHERE home = $home
ORDER BY obligation_id, event_date, document_id, row_id, event, line_id, disposition, amount_minor, landed_dataset,
         landed_file, landed_row
"""  # noqa: S608 - our own constants

# As a Python value a timestamp would need pytz, and show the machine's time zone.
_RECORD = {
    FieldType.TIMESTAMP: "replace(strftime(make_timestamp(epoch_us({0})), '%Y-%m-%dT%H:%M:%S.%fZ'), '.000000Z', 'Z')",
    FieldType.DATE: "CAST({0} AS VARCHAR)",
}

_REJECTIONS = """
SELECT landed.landed_file, landed.landed_row, fault.field, fault.value, fault.reason,
       fault.action, {record}
FROM fault JOIN raw_{dataset} AS landed USING (landed_file, landed_row)
WHERE fault.dataset = '{dataset}' AND fault.home = $home
ORDER BY landed_file, landed_row, fault.rule, fault.reason
"""


def home_months(work: Workspace) -> list[str]:
    """Months that have a row or a rejection, in order; the empty one holds rejections of reference data."""
    return [str(home) for (home,) in work.connection.execute(_MONTHS).fetchall()]


def amendment_rows(work: Workspace, month: str) -> Iterator[pa.RecordBatch]:
    """Batches of `tables.AMENDMENTS` of one home month."""
    # A cursor of its own: the caller may read a month while it reads another.
    cursor = work.connection.cursor()
    for batch in cursor.sql(_ROWS, params={"home": month}).to_arrow_reader(BATCH_ROWS):
        yield batch.cast(tables.AMENDMENTS)


def rejected_rows(work: Workspace, month: str) -> list[Rejection]:
    """Rejections of one home month, one per fault, ordered by dataset, file and row."""
    found: list[Rejection] = []
    for name in AMENDING_DATASETS:
        dataset = DATASETS[name]
        record = ", ".join(
            f"{_RECORD.get(item.type, '{0}').format('landed.' + item.column)} AS r_{item.column}"
            for item in dataset.fields
        )
        query = _REJECTIONS.format(dataset=name, record=record)
        rows = work.connection.sql(query, params={"home": month}).to_arrow_table().to_pylist()
        found.extend(rejection_of(dataset, row) for row in rows)
    return found
