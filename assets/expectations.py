"""Running Great Expectations inside asset checks.

What belongs here: one validation of a small frame, turned into a check result with figures. What does not: the figures and what is expected
of them.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg
import pandas as pd

from revrec.errors import RevrecError

# Rows of a frame shown in the UI; the frame's row count says how many there are.
MAX_SHOWN_ROWS = 20


class BrokenCheckError(RevrecError, RuntimeError):
    """An expectation could not be evaluated: the check is broken, which says nothing about the books."""


def expect_ties(
    frame: pd.DataFrame,
    *,
    equal: Sequence[tuple[str, str]] = (),
    zero: Sequence[str] = (),
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
    ok: str,
    failed: str,
) -> dg.AssetCheckResult:
    """Validate a reconciliation.

    Args:
        frame: labels, and integers of minor units or counts; Great Expectations turns decimals into floats (FACTS), so there are none.
        equal: pairs of columns that must agree in every row.
        zero: columns that must be 0 in every row.
        severity: of a failure.
        ok: what a success means.
        failed: what a failure means and what to do next.

    Raises:
        BrokenCheckError: an expectation raised instead of deciding.
    """
    import great_expectations as gx  # 4 s and 280 MB: only where a check runs
    import great_expectations.expectations as gxe

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    expectations = [
        *(gxe.ExpectColumnPairValuesToBeEqual(column_A=left, column_B=right) for left, right in equal),
        *(gxe.ExpectColumnValuesToBeBetween(column=column, min_value=0, max_value=0) for column in zero),
    ]
    suite = gx.ExpectationSuite(name="reconciliation", expectations=expectations)
    outcome = context.data_sources.pandas_default.read_dataframe(frame.reset_index(drop=True)).validate(suite, result_format="COMPLETE")
    broken = [_judged(result) for result in outcome.results if not result.success]
    return dg.AssetCheckResult(
        passed=not broken,
        severity=severity,
        description=f"{failed} ({'; '.join(broken)})" if broken else ok,
        metadata={"expectations": len(expectations), "rows": len(frame), "figures": dg.MetadataValue.md(_markdown(frame))},
    )


def _judged(result: Any) -> str:
    """What an unmet expectation expected; one that raised is a broken check, not a finding."""
    config = result.expectation_config
    if result.exception_info.get("raised_exception"):
        raise BrokenCheckError(f"expectation {config.type} failed to run: {result.exception_info.get('exception_message')}")
    arguments = ", ".join(str(value) for name, value in config.kwargs.items() if name.startswith("column"))
    return f"{config.type}: {arguments}, {result.result.get('unexpected_count', '?')} row(s)"


def _markdown(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "no rows"
    header = f"| {' | '.join(map(str, frame.columns))} |\n|{' --- |' * len(frame.columns)}"
    shown = frame.head(MAX_SHOWN_ROWS).astype(str).itertuples(index=False)
    return "\n".join([header, *(f"| {' | '.join(row)} |" for row in shown)])
