"""The partitions of the chain: months, named, in one place.

What belongs here: partition definitions and mappings. What does not: arithmetic on months (`revrec.calendar`).

The definitions are fixed when the code location loads, so the first month and the time zone are read then, from the
policy that the environment points to.
"""

import dagster as dg

from resources.object_store import StoreNotFoundError, open_object_store
from resources.policy_file import load_policy
from resources.settings import settings_from
from revrec.policy import Policy

MONTH_FORMAT = "%Y-%m"


def months_of(policy: Policy) -> dg.MonthlyPartitionsDefinition:
    """Months from the policy's first one to the current one, which has documents before it ends (hence
    `end_offset`)."""
    return dg.MonthlyPartitionsDefinition(
        start_date=policy.first_month, fmt=MONTH_FORMAT, timezone=policy.time_zone, end_offset=1
    )


def _policy_in_force() -> Policy:
    settings = settings_from()
    try:
        store = open_object_store(settings.store, settings.s3_endpoint_url)
    except StoreNotFoundError:
        # the default folder is made by the first run; a wrong address fails there, with its message
        return load_policy(settings.policy, None)
    return load_policy(settings.policy, store)


MONTHS = months_of(_policy_in_force())

# A posting month takes in every document month: those before it (billed in advance) and after it (in arrears). The
# graph's edge is the same month all the same. Mapped to all months, one month chosen in the UI would pull every posting
# month of all years into its backfill, in two waves of runs (measured: 43 runs instead of 2). Which document months a
# posting month needs is known from what has landed, so `assets.up_to_date` sees to it, in any order of runs.
SAME_MONTH = dg.TimeWindowPartitionMapping()
