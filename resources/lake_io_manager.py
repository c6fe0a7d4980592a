"""How Dagster hands tables from asset to asset: through the lake.

What belongs here: the one IO manager, and what it tells the UI about a written table. What does not: the lake itself
(`resources.lake`).
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import pyarrow as pa

from resources.lake import Lake, TableStream, WrittenTable
from resources.lake_table import LakeTable
from resources.ui_metadata import text_table
from revrec.errors import RevrecError
from revrec.money import to_text


class NotATableError(RevrecError, TypeError):
    """An asset returned something that is not a table."""


class LakeIOManager(dg.IOManager):
    """Writes an asset's `TableStream` as a lake table and opens it as a `LakeTable` for the assets downstream."""

    def __init__(self, lake: Lake) -> None:
        """Use a lake."""
        self._lake = lake

    def handle_output(self, context: dg.OutputContext, obj: TableStream) -> None:
        """Write the stream in one step and show rows, totals, columns and a preview in the UI."""
        if not isinstance(obj, TableStream):
            raise NotATableError(
                f"asset {context.asset_key.to_user_string()} returned {type(obj).__name__}, not a TableStream"
            )
        written = self._lake.write(context.asset_key.path[-1], _month(context), obj)
        context.add_output_metadata(table_metadata(written))

    def load_input(self, context: dg.InputContext) -> LakeTable:
        """Open the table of the run's month, or of all time for a reference table."""
        return self._lake.open(context.asset_key.path[-1], _month(context))


def _month(context: "dg.OutputContext | dg.InputContext") -> str | None:
    return context.asset_partition_key if context.has_asset_partitions else None


def table_metadata(written: WrittenTable) -> dict[str, Any]:
    """What the UI shows of a written table: rows, totals as text per currency, columns, the first rows, the file."""
    return {
        "dagster/row_count": dg.MetadataValue.int(written.rows),
        "dagster/uri": dg.MetadataValue.text(written.uri),
        "file": dg.MetadataValue.url(written.uri),
        "sha256": dg.MetadataValue.text(written.sha256),
        "size_bytes": dg.MetadataValue.int(written.size_bytes),
        "dagster/column_schema": dg.MetadataValue.table_schema(_column_schema(written.schema)),
        "preview": text_table(written.schema.names, written.preview),
        **{f"total_{name}": dg.MetadataValue.text(text) for name, text in _total_texts(written.totals_minor).items()},
    }


def _total_texts(totals: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    """Per column of amounts, `1,234.50 USD, 900 JPY`; never a number, so that nothing downstream can take it for a
    float."""
    texts: dict[str, list[str]] = {}
    for currency, sums in totals.items():
        for name, total in sums.items():
            texts.setdefault(name.removesuffix("_minor"), []).append(f"{to_text(total, currency)} {currency}")
    return {name: ", ".join(parts) for name, parts in texts.items()}


def _column_schema(schema: pa.Schema) -> dg.TableSchema:
    columns = [
        dg.TableColumn(column.name, str(column.type), constraints=dg.TableColumnConstraints(nullable=column.nullable))
        for column in schema
    ]
    return dg.TableSchema(columns)
