"""Running Great Expectations inside asset checks.

What belongs here: one validation of a small frame, turned into a check result with figures. What does not: the figures
and what is expected of them.
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import dagster as dg
import pandas as pd

from resources.ui_metadata import MAX_SHOWN_ROWS, text_table
from revrec.errors import RevrecError

if TYPE_CHECKING:
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext


class BrokenCheckError(RevrecError, RuntimeError):
    """An expectation could not be evaluated: the check is broken, which says nothing about the books."""


def expect_ties(
    frame: pd.DataFrame,
    *,
    equal: Sequence[tuple[str, str]] = (),
    zero: Sequence[str] = (),
    ok: str,
    failed: str,
) -> dg.AssetCheckResult:
    """Validate a reconciliation.

    Args:
        frame: labels, and integers of minor units or counts; Great Expectations turns decimals into floats (FACTS), so
            there are none.
        equal: pairs of columns that must agree in every row; a missing figure agrees with nothing.
        zero: columns that must be 0 in every row.
        ok: what a success means.
        failed: what a failure means and what to do next.

    Raises:
        BrokenCheckError: an expectation raised instead of deciding.
    """
    import great_expectations as gx  # 4 s and 280 MB: only where a check runs
    from great_expectations.expectations.core.expect_column_pair_values_to_be_equal import (
        ExpectColumnPairValuesToBeEqual,
    )
    from great_expectations.expectations.core.expect_column_values_to_be_between import ExpectColumnValuesToBeBetween
    from great_expectations.expectations.core.expect_column_values_to_not_be_null import ExpectColumnValuesToNotBeNull

    expectations = [
        # a figure that is missing is no figure: without these, Great Expectations leaves such rows out
        *(
            ExpectColumnPairValuesToBeEqual(column_A=left, column_B=right, ignore_row_if="neither")
            for left, right in equal
        ),
        *(ExpectColumnValuesToNotBeNull(column=column) for column in zero),
        *(ExpectColumnValuesToBeBetween(column=column, min_value=0, max_value=0) for column in zero),
    ]
    suite = gx.ExpectationSuite(name="reconciliation", expectations=expectations)
    batch = _context().data_sources.pandas_default.read_dataframe(frame.reset_index(drop=True))
    outcome = batch.validate(suite, result_format="COMPLETE")
    broken = [_judged(result) for result in outcome.results if not result.success]
    return dg.AssetCheckResult(
        passed=not broken,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{failed} ({'; '.join(broken)})" if broken else ok,
        metadata={
            "expectations": len(expectations),
            "rows": len(frame),
            "figures": _shown(frame),
        },
    )


@cache
def _context() -> "EphemeralDataContext":
    """Great Expectations' context: nothing of it is kept, and making it takes longer than most validations."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context


def _judged(result: Any) -> str:
    """What an unmet expectation expected; one that raised is a broken check, not a finding."""
    config = result.expectation_config
    raised = _raised(result.exception_info)
    if raised:
        raise BrokenCheckError(f"expectation {config.type} failed to run, report this: {'; '.join(raised)}")
    arguments = ", ".join(str(value) for name, value in config.kwargs.items() if name.startswith("column"))
    return f"{config.type}: {arguments}, {result.result.get('unexpected_count', '?')} row(s)"


def _raised(exception_info: dict[str, Any]) -> list[str]:
    """What an expectation raised, each message once: Great Expectations keeps one record of it, or one per metric."""
    records = [exception_info] if "raised_exception" in exception_info else list(exception_info.values())
    return sorted({str(record["exception_message"]) for record in records if record["raised_exception"]})


def _shown(frame: pd.DataFrame) -> dg.TableMetadataValue:
    names = [str(name) for name in frame.columns]
    rows = frame.head(MAX_SHOWN_ROWS).itertuples(index=False)
    return text_table(names, [dict(zip(names, row, strict=True)) for row in rows])
