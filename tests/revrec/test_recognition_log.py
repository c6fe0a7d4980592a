"""What a recognition run makes new of documents, after what earlier runs left."""

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.recognition_log import READ_COLUMNS, RECOGNIZED_DOCUMENTS, last_known, newly_recognized
from revrec.tables import AMENDMENTS, OBLIGATIONS
from tests.builders import Obligation, obligation_batch

PLAN, SETUP = Obligation(1200_00, id="inv_1/l1"), Obligation(90_00, id="inv_1/l2")
NOTE = Obligation(-220_00, id="inv_1/l1", note="cn_1", source="CREDIT_NOTE", effect="CANCEL")
STANDALONE = Obligation(-5_00, id="cn_2/l1", note="cn_2", source="CREDIT_NOTE")
OTHER = Obligation(90000, id="inv_2/l1", customer="bolt", currency="JPY")


class Month:
    """Runs of one document month, one after the other."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.logged: list[pa.Table] = []

    def run(self, *obligations: Obligation, run_id: str = "run-1", milestones: Sequence[int] = ()) -> pa.Table:
        """Milestones are amounts that are released of `PLAN`."""
        known = last_known(self.connection, self.logged)
        batches = [obligation_batch(*obligations)] if obligations else []
        table = pa.Table.from_batches(batches, OBLIGATIONS).select(READ_COLUMNS)
        self.logged.append(newly_recognized(self.connection, table.to_reader(), released(milestones), run_id, known))
        return self.logged[-1]

    def known(self) -> dict[str, int]:
        """Amount of every document that is left."""
        rows = last_known(self.connection, self.logged).to_pylist()
        return {row["document_id"]: row["amount_minor"] for row in rows}


def released(amounts_minor: Sequence[int]) -> pa.Table:
    rows = [
        {"obligation_id": PLAN.id, "event": "MILESTONE", "row_id": f"m_{place}", "amount_minor": amount}
        for place, amount in enumerate(amounts_minor)
    ]
    return pa.Table.from_pylist(
        [{field.name: row.get(field.name) for field in AMENDMENTS} for row in rows],
        schema=pa.schema([pa.field(field.name, field.type) for field in AMENDMENTS]),
    )


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture
def month(connection: duckdb.DuckDBPyConnection) -> Month:
    return Month(connection)


def outcomes(table: pa.Table) -> dict[str, str]:
    return dict(zip(table["document_id"].to_pylist(), table["outcome"].to_pylist(), strict=True))


def test_an_invoice_of_which_a_milestone_releases_more_is_changed_and_no_other(month: Month) -> None:
    month.run(PLAN, SETUP, OTHER, milestones=[100_00])
    assert outcomes(month.run(PLAN, SETUP, OTHER, run_id="run-2", milestones=[100_00, 50_00])) == {"inv_1": "CHANGED"}
    assert outcomes(month.run(PLAN, SETUP, OTHER, run_id="run-3", milestones=[100_00, 50_00])) == {}


def test_obligations_are_summed_up_by_invoice_and_credit_note(month: Month) -> None:
    table = month.run(PLAN, NOTE, OTHER, SETUP, STANDALONE)
    assert table.schema == RECOGNIZED_DOCUMENTS
    columns = [
        "document_type",
        "document_id",
        "document_number",
        "customer_id",
        "currency",
        "obligations",
        "amount_minor",
    ]
    assert [tuple(row.values()) for row in table.select(columns).to_pylist()] == [
        ("CREDIT_NOTE", "cn_1", "CN_1", "acme", "USD", 1, -220_00),
        ("CREDIT_NOTE", "cn_2", "CN_2", "acme", "USD", 1, -5_00),
        ("INVOICE", "inv_1", "INV_1", "acme", "USD", 2, 1290_00),
        ("INVOICE", "inv_2", "INV_2", "bolt", "JPY", 1, 90000),
    ]


def test_what_is_not_invoiced_yet_is_an_accrual(month: Month) -> None:
    [row] = month.run(Obligation(30_00, id="", source="BILLING_SCHEDULE")).to_pylist()
    assert (row["document_type"], row["document_number"], row["amount_minor"]) == ("ACCRUAL", "", 30_00)


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        pytest.param([OTHER, SETUP, PLAN], {}, id="in another order"),
        pytest.param([PLAN, SETUP, OTHER, NOTE], {"cn_1": "NEW"}, id="a note"),
        pytest.param([PLAN, OTHER], {"inv_1": "CHANGED"}, id="a line less"),
        pytest.param([PLAN, PLAN, OTHER], {"inv_1": "CHANGED"}, id="a line twice"),
        pytest.param([PLAN, SETUP], {"inv_2": "GONE"}, id="a document less"),
        pytest.param([], {"inv_1": "GONE", "inv_2": "GONE"}, id="nothing left"),
        pytest.param([Obligation(1200_00, id="inv_1/l1", strategy="exact_days"), SETUP, OTHER], {"inv_1": "CHANGED"},
                     id="another rule"),
        pytest.param([Obligation(1200_00, id="inv_1/l1", end="2026-12-31"), SETUP, OTHER], {"inv_1": "CHANGED"},
                     id="another period"),
    ],
)  # fmt: skip
def test_a_run_tells_what_differs_from_the_one_before(
    then: Sequence[Obligation], expected: dict[str, str], month: Month
) -> None:
    month.run(PLAN, SETUP, OTHER)
    table = month.run(*then, run_id="run-2")
    assert outcomes(table) == expected


def test_what_is_gone_is_told_as_it_was_by_the_run_that_found_it_gone(month: Month) -> None:
    month.run(PLAN, OTHER)
    [row] = month.run(PLAN, run_id="run-2").to_pylist()
    assert (row["document_id"], row["amount_minor"], row["currency"], row["run_id"]) == ("inv_2", 90000, "JPY", "run-2")
    assert outcomes(month.run(PLAN, OTHER, run_id="run-3")) == {"inv_2": "NEW"}


DOCUMENTS = st.lists(
    st.builds(Obligation, st.integers(1, 3), id=st.sampled_from(["a/1", "a/2", "b/1", "c/1"])),
    unique_by=lambda obligation: obligation.id,
    max_size=4,
)


@settings(max_examples=20, deadline=None)
@given(runs=st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_what_runs_told_adds_up_to_what_the_last_one_made(
    runs: list[list[Obligation]], connection: duckdb.DuckDBPyConnection
) -> None:
    month = Month(connection)
    for number, obligations in enumerate(runs):
        month.run(*obligations, run_id=f"run-{number}")
    expected: dict[str, int] = {}
    for obligation in runs[-1]:
        document = obligation.id.partition("/")[0]
        expected[document] = expected.get(document, 0) + obligation.amount
    assert month.known() == expected
    assert month.run(*reversed(runs[-1]), run_id="again").num_rows == 0
