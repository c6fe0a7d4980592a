"""Assembling the code location.

What belongs here: the one function that puts assets, checks, jobs and resources together. What does not: their
definitions.
"""

from collections.abc import Mapping

import dagster as dg

from assets.amendments import amendments
from assets.close_pack import close_pack
from assets.corrections import corrections
from assets.gl_export_checks import EXPORT_CHECKS
from assets.gl_exports import EXPORT_ASSETS
from assets.ledger import daily_journals
from assets.ledger_checks import LEDGER_CHECKS
from assets.monthly_reports import monthly_reports
from assets.raw_billing import RAW_ASSETS
from assets.recognition import RECOGNITION_ASSETS
from assets.recognition_checks import RECOGNITION_CHECKS
from assets.report_checks import REPORT_CHECKS
from assets.reports import REPORT_ASSETS
from resources.dagster_resources import dagster_resources
from revrec_dagster.closing_jobs import CLOSING_JOBS
from revrec_dagster.export_jobs import EXPORT_JOBS
from revrec_dagster.jobs import JOBS


def build_defs(resource_overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """The code location.

    Args:
        resource_overrides: in place of the resources of those names: plain objects or Dagster resources.

    Runs execute in one process: each step in a process of its own costs seconds (FACTS 5), and a month's stages are
    short.
    """
    return dg.Definitions(
        assets=[
            *RAW_ASSETS.values(),
            *RECOGNITION_ASSETS,
            amendments,
            daily_journals,
            *REPORT_ASSETS,
            monthly_reports,
            corrections,
            *EXPORT_ASSETS,
            close_pack,
        ],
        asset_checks=[*RECOGNITION_CHECKS, *LEDGER_CHECKS, *REPORT_CHECKS, *EXPORT_CHECKS],
        jobs=[*JOBS, *CLOSING_JOBS, *EXPORT_JOBS],
        resources={**dagster_resources(), **(resource_overrides or {})},
        executor=dg.in_process_executor,
    )
