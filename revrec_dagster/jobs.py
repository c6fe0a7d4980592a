"""Jobs: the parts of the chain that are run together.

What belongs here: named selections of assets. What does not: when they run.
"""

import dagster as dg

from assets.attributes import Group
from revrec.schemas import DOCUMENT_DATASETS, REFERENCE_DATASETS

REFERENCE_DATA = dg.define_asset_job(
    "reference_data",
    selection=dg.AssetSelection.assets(*(dataset.name for dataset in REFERENCE_DATASETS)),
    description="Read customers, products, credit grants and billing schedules.",
)
DOCUMENT_MONTH = dg.define_asset_job(
    "document_month",
    selection=dg.AssetSelection.assets(*(dataset.name for dataset in DOCUMENT_DATASETS))
    | dg.AssetSelection.groups(Group.RECOGNITION),
    description="From a month's landed documents to obligations and their schedules.",
)
POSTING_MONTH = dg.define_asset_job(
    "posting_month",
    selection=dg.AssetSelection.groups(Group.LEDGER, Group.REPORTS, Group.EXPORTS),
    description="From the schedules of all document months to a month's journals, reports and general-ledger files.",
)

JOBS = [REFERENCE_DATA, DOCUMENT_MONTH, POSTING_MONTH]
