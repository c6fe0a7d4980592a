"""What every asset of a layer has in common.

What belongs here: groups, kinds, owners. What does not: anything an asset computes.
"""

from typing import TypedDict

OWNERS = ["team:finance-data"]


class Group:
    """The layers of the chain, as the UI groups them (DESIGN, The chain)."""

    RAW = "raw_billing"
    RECOGNITION = "recognition"
    LEDGER = "ledger"
    REPORTS = "reports"
    EXPORTS = "gl_exports"


class AssetAttributes(TypedDict):
    """Arguments of `dg.asset` that a whole layer shares."""

    group_name: str
    kinds: set[str]
    owners: list[str]


def layer(group: str, *kinds: str) -> AssetAttributes:
    """Attributes of an asset of a layer, with the kinds of thing it is made with."""
    return {"group_name": group, "kinds": set(kinds), "owners": OWNERS}
