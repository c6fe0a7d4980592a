"""What a page holds of the journals, so that a reader gets from a figure to a landed row without any other file.

What belongs here: which journals are embedded, and their rows as compact JSON. What does not: expanding them to days
and showing them (`page/drilldown.js`).

Amounts are texts of minor units, because a number of JavaScript is a float; the page computes with BigInt.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.close_pack.list_views import journal_totals
from revrec.close_pack.pack import ClosePack
from revrec.columns import integers

# Run-length rows of journals in a page: of the largest journals, whole ones only. About 150 bytes each.
MAX_STRETCHES = 10_000
# Documents of the obligations behind them.
MAX_DOCUMENTS = 10_000

_TEXTS = (
    *("journal_number", "narrative", "customer_id", "customer_name", "product_id", "product_name", "invoice_id"),
    *("invoice_number", "manual_journal_id", "recognition_method", "source", "type", "obligation_id", "debit_account"),
    *("credit_account", "first_day", "effective_first_day", "run_id", "cause"),
)
_AMOUNTS = ("amount_a_day_minor", "amount_last_day_minor", "amount_minor")
_DOCUMENT_TEXTS = (
    *("obligation_id", "document", "document_number", "document_id", "recognition_method", "service_start"),
    *("service_end", "accounting_date", "landed_file", "run_id"),
)


def drilldown(pack: ClosePack) -> dict[str, Any]:
    """Journals and documents, a list per column; texts are places in one list of all of them.

    Returns:
        `texts`; `stretches` and `documents`: column name to its values; `journals` and `journals_embedded`: how many
        there are, and are here; `documents_left_out`: of the obligations that are here.
    """
    rows, journals = _largest_journals(pack)
    texts = _Texts()
    with_cause = rows.append_column("cause", pa.array(_causes(rows, pack), pa.string()))
    stretches: dict[str, list[Any]] = {name: texts.places(with_cause[name]) for name in _TEXTS}
    stretches |= {name: [str(each) for each in rows[name].to_pylist()] for name in _AMOUNTS}
    stretches["days"] = rows["days"].to_pylist()
    documents, left_out = _documents(pack, rows)
    papers: dict[str, list[Any]] = {name: texts.places(documents[name]) for name in _DOCUMENT_TEXTS}
    papers["contracted_minor"] = [str(each) for each in documents["contracted_minor"].to_pylist()]
    papers["landed_row"] = documents["landed_row"].to_pylist()
    return {
        "texts": texts.values,
        "stretches": stretches,
        "documents": papers,
        "journals": journals,
        "journals_embedded": pc.count_distinct(rows["journal_number"]).as_py(),
        "documents_left_out": left_out,
    }


def script_json(content: object) -> str:
    """JSON that stays data wherever it stands in an HTML page: no character in it can end a script element or begin a
    comment (HTML, 13.2.5.4 ff.)."""
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class _Texts:
    """Texts by their place in a list, each once."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self._place: dict[str, int] = {}

    def places(self, column: pa.ChunkedArray) -> list[int]:
        encoded = column.cast(pa.string()).fill_null("").combine_chunks().dictionary_encode()
        own = np.array([self._of(each) for each in encoded.dictionary.to_pylist()] or [0], dtype=np.int64)
        places: list[int] = own[encoded.indices.to_numpy(zero_copy_only=False)].tolist() if len(encoded) else []
        return places

    def _of(self, text: str) -> int:
        if text not in self._place:
            self._place[text] = len(self.values)
            self.values.append(text)
        return self._place[text]


def _largest_journals(pack: ClosePack) -> tuple[pa.Table, int]:
    """Rows of the largest journals, whole, within `MAX_STRETCHES`; and how many journals there are."""
    rows, totals = pack.journal_rows, journal_totals(pack)
    if rows.num_rows <= MAX_STRETCHES:
        return rows, totals.num_rows
    order = np.argsort(-integers(totals["amount_minor"].combine_chunks()), kind="stable")
    within = np.cumsum(integers(totals["stretches"].combine_chunks())[order]) <= MAX_STRETCHES
    kept = totals["journal_number"].take(pa.array(order[within]))
    return rows.filter(pc.is_in(rows["journal_number"], kept.combine_chunks())), totals.num_rows


def _causes(rows: pa.Table, pack: ClosePack) -> list[str]:
    """The line of the roll-forward that each row is in, by the rule of `revrec.reports.account_movements`."""
    deferred = pack.report("deferred_revenue")
    voids = deferred.filter(pc.equal(deferred["document"], "VOID")).select(["obligation_id", "accounting_date"])
    voided = {(row["obligation_id"], row["accounting_date"]) for row in voids.to_pylist()}
    columns = ["type", "effective_last_day", "first_day", "obligation_id", "kind", "source"]
    return [_cause(row, voided) for row in rows.select(columns).to_pylist()]


def _cause(row: Mapping[str, Any], voided: set[tuple[str, Any]]) -> str:
    if row["type"] == "MANUAL":
        return "MANUAL"
    if row["effective_last_day"] < row["first_day"]:
        return "CAUGHT_UP"
    if (row["obligation_id"], row["first_day"]) in voided:
        return "VOIDED"
    if not row["kind"].startswith("BILLED"):
        return "EARNED"
    return "CREDITED" if row["source"] == "CREDIT_NOTE" else "INVOICED"


def _documents(pack: ClosePack, rows: pa.Table) -> tuple[pa.Table, int]:
    """The documents of the rows' obligations, as the deferred revenue report has them; and how many are left out."""
    table = pack.report("deferred_revenue")
    # a manual journal has no obligation: its row of the report has its own id in place of one
    wanted = pa.concat_arrays([pc.unique(rows[name]) for name in ("obligation_id", "manual_journal_id")])
    found = table.filter(pc.is_in(table["obligation_id"], wanted))
    return found.slice(0, MAX_DOCUMENTS), max(found.num_rows - MAX_DOCUMENTS, 0)
