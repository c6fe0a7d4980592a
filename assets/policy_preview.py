"""What another policy would alter: recognition under it, computed beside the store and thrown away (SPEC 5).

What belongs here: computing both sides. What does not: comparing them (`revrec.policy_diff`).
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pyarrow as pa

from assets.amendments import schedules_of_every_month
from assets.locks import Locks
from assets.up_to_date import Places
from resources.folder_store import FolderStore
from resources.lake import Lake
from resources.overlay_store import OverlayStore
from resources.workspace import workspace
from revrec.catch_up import MonthSchedules
from revrec.policy import Policy
from revrec.policy_diff import schedule_differences


def preview(places: Places, policy: Policy) -> pa.Table:
    """Per ledger, month and account, what another policy would alter; nothing is written to the store.

    Returns:
        table of `revrec.policy_diff.DIFFERENCES`.
    """
    locked_through = Locks.of(places.books, places.store).periods.locked_through
    with ExitStack() as stack:
        before, after = (stack.enter_context(_schedules(places, rules)) for rules in (places.policy, policy))
        return schedule_differences(stack.enter_context(workspace()), before, after, locked_through)


@contextmanager
def _schedules(places: Places, policy: Policy) -> Iterator[Iterator[MonthSchedules]]:
    with tempfile.TemporaryDirectory(prefix="revrec-preview-") as folder:
        store = OverlayStore(FolderStore(folder), places.store)
        beside = replace(places, store=store, lake=Lake(store), policy=policy)
        months = schedules_of_every_month(beside, lambda *_: None)
        yield (MonthSchedules(month.obligations.read(), month.schedules.read()) for month in months)
