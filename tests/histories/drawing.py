"""Days, amounts and policies that stories are drawn from.

What belongs here: what the stories of all kinds share. What does not: the stories (`tests.histories.invoices`,
`tests.histories.accruals`, `tests.histories.other_stories`).
"""

import datetime as dt

from hypothesis import strategies as st

from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.policy import Exports, NetSuiteExport, Policy, PolicyVersion, QuickBooksExport, XeroExport

# All documents are dated, and all service ends, between these days.
FIRST_DAY, LAST_DAY = dt.date(2024, 12, 1), dt.date(2025, 4, 30)
DAY = dt.timedelta(days=1)

# Closing writes every enabled export; these are as true as the generic one, and take their time.
_GENERIC_ONLY = Exports(
    xero=XeroExport(enabled=False), quickbooks=QuickBooksExport(enabled=False), netsuite=NetSuiteExport(enabled=False)
)

some_days = st.one_of(
    st.dates(FIRST_DAY, LAST_DAY),
    st.sampled_from([dt.date(2024, 12, 31), dt.date(2025, 1, 1), dt.date(2025, 1, 31), dt.date(2025, 2, 28)]),
)
some_amounts = st.one_of(st.integers(1, 99), st.sampled_from([10_000, 9_999, 120_000, 100_003]), st.integers(1, 10**7))
currencies = st.sampled_from(["USD", "USD", "JPY", "KWD"])


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies of one or two versions."""
    dates = [dt.date(2000, 1, 1), dt.date(2025, 2, 1)][: draw(st.integers(1, 2))]
    return Policy(first_month="2024-12", versions=tuple(draw(_version(day)) for day in dates), exports=_GENERIC_ONLY)


def _version(day: dt.date) -> st.SearchStrategy[PolicyVersion]:
    return st.builds(
        PolicyVersion,
        effective_from=st.just(day),
        allocation_strategy=st.sampled_from(AllocationStrategy),
        residue=st.sampled_from(Residue),
        credit_note_mode=st.sampled_from(["cancel", "adjust"]),
        credit_grant_policy=st.sampled_from(
            ["deferred_until_consumed", "deferred_until_consumed", "recognized_at_grant"]
        ),
        lock_method=st.sampled_from(["custom_lock_date", "custom_lock_date", "accounting_date"]),
    )


def in_force(policy: Policy, day: dt.date) -> PolicyVersion:
    """The version that applies to a document of a day."""
    return [version for version in policy.versions if version.effective_from <= day][-1]


def days_from(first: dt.date) -> st.SearchStrategy[dt.date]:
    """Days on or after one."""
    return st.one_of(st.dates(first, LAST_DAY), st.sampled_from([first, min(first + DAY, LAST_DAY), LAST_DAY]))


@st.composite
def periods(draw: st.DrawFn) -> tuple[dt.date, dt.date]:
    """First and last days of service."""
    start = draw(some_days)
    return start, draw(days_from(start))


def terms_of(policy: Policy, day: dt.date, invoiced: bool = True) -> dict[str, object]:
    """What the policy of a day says of an obligation."""
    version = in_force(policy, day)
    floor = day if invoiced and version.lock_method == "accounting_date" else None
    return {"strategy": version.allocation_strategy, "residue": version.residue, "floor": floor}
