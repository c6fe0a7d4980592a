"""What a page holds of the journals, so that a reader gets from a figure to a landed row without any other file.

What belongs here: rows of journals and documents as compact JSON. What does not: which ones (`journal_extracts.py`),
expanding them to days and showing them (`page/drilldown.js`).

Amounts are texts of minor units, because a number of JavaScript is a float; the page computes with BigInt.
"""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.close_pack.pack import ClosePack

# Documents in a page.
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
    rows, texts = pack.embedded, _Texts()
    stretches: dict[str, list[Any]] = {name: texts.places(rows[name]) for name in _TEXTS}
    stretches |= {name: [str(each) for each in rows[name].to_pylist()] for name in _AMOUNTS}
    stretches["days"] = rows["days"].to_pylist()
    documents = pack.documents.slice(0, MAX_DOCUMENTS)
    papers: dict[str, list[Any]] = {name: texts.places(documents[name]) for name in _DOCUMENT_TEXTS}
    papers["contracted_minor"] = [str(each) for each in documents["contracted_minor"].to_pylist()]
    papers["landed_row"] = documents["landed_row"].to_pylist()
    return {
        "texts": texts.values,
        "stretches": stretches,
        "documents": papers,
        "journals": pack.journals.journals.of,
        "journals_embedded": pc.count_distinct(rows["journal_number"]).as_py(),
        "documents_left_out": pack.documents.num_rows - documents.num_rows,
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
