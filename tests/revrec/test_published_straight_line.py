"""Straight-line tables that vendors publish, to the cent (tests/vectors/published.yaml names each source)."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.methods.straight_line import straight_line
from revrec.money import to_minor

VECTORS = Path(__file__).parents[1] / "vectors" / "published.yaml"
EXAMPLES = yaml.safe_load(VECTORS.read_text(encoding="utf-8"))["straight_line"]

# "LCY" is the vendor's placeholder for the company's own currency; its table has two decimals.
STAND_INS = {"LCY": "USD"}


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["id"] for example in EXAMPLES])
def test_a_published_table_is_reproduced_to_the_cent(example: dict[str, Any]) -> None:
    currency = STAND_INS.get(example["currency"], example["currency"])
    amount = to_minor(example["amount"], currency)
    start, end = (np.array([day], dtype="datetime64[D]") for day in example["service_period"])
    runs = straight_line(np.array([amount]), start, end, AllocationStrategy(example["strategy"]), Residue.LAST_MONTH)
    earned = dict(zip(runs.month.astype(str).tolist(), runs.amount_minor.tolist(), strict=True))
    published = {month: to_minor(text, currency) for month, text in example["recognized_by_month"].items()}
    # Some sources print only the first months of a table.
    assert {month: earned.get(month) for month in published} == published
    assert sum(earned.values()) == amount


def test_the_published_examples_are_all_there() -> None:
    assert {example["source"] for example in EXAMPLES} >= {"NetSuite", "Stripe", "Business Central"}
