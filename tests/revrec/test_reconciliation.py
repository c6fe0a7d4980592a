"""Reconciliations of a document month: sound books tie, and each way they can be broken is seen."""

from typing import Any

import duckdb
import pyarrow as pa
import pytest

from revrec import reconciliation
from tests.breakages import Breakage, Rows, also, changed, reconciled, source, twice, without
from tests.builders import Obligation
from tests.schedule_builders import amendments, schedules_of

TEXT, NUMBER = pa.string(), pa.int64()
REJECTED = pa.schema([("landed_file", TEXT), ("landed_row", NUMBER)])
INVOICE = pa.schema(
    [
        ("entity_id", TEXT),
        ("currency", TEXT),
        ("status", TEXT),
        ("net_total_minor", NUMBER),
        ("landed_file", TEXT),
        ("landed_row", NUMBER),
    ]
)
OBLIGATION = pa.schema([("obligation_no", NUMBER), ("entity", TEXT), ("currency", TEXT), ("amount_minor", NUMBER)])


def invoice(row: int, total: int, **fields: object) -> dict[str, Any]:
    common = {"entity_id": None, "currency": "USD", "status": "SENT", "landed_file": "i.csv"}
    return {**common, "net_total_minor": total, "landed_row": row, **fields}


def obligation(number: int, amount: int, **fields: object) -> dict[str, Any]:
    return {"obligation_no": number, "entity": "default", "currency": "USD", "amount_minor": amount, **fields}


# Two that post, a draft, one in quarantine, and one of another ledger.
INVOICED = [
    invoice(2, 100_00),
    invoice(3, 50_00, status="PAID", entity_id="default"),
    invoice(4, 7_00, status="DRAFT"),
    invoice(5, 9_00),
    invoice(6, 100, currency="JPY"),
]
OBLIGED = [obligation(0, 60_00), obligation(1, 40_00), obligation(2, 50_00), obligation(3, 100, currency="JPY")]


def obligations_and_invoices(invoices: Rows, obligations: Rows) -> dict[str, tuple[int, int]]:
    """Per ledger, invoiced and obliged."""
    rejected = source([{"landed_file": "i.csv", "landed_row": 5}], REJECTED)
    table = reconciled(
        reconciliation.obligations_and_invoices,
        source(invoices, INVOICE),
        source(obligations, OBLIGATION),
        rejected,
        ["SENT", "PAID"],
    )
    return {f"{row['entity']}-{row['currency']}": (row["invoiced_minor"], row["obligations_minor"]) for row in table}


def test_obligations_are_the_invoices_that_post_per_ledger() -> None:
    sound = {"default-JPY": (100, 100), "default-USD": (150_00, 150_00)}
    assert obligations_and_invoices(INVOICED, OBLIGED) == sound


@pytest.mark.parametrize(
    ("invoices", "obligations", "ledger", "figures"),
    [
        pytest.param(
            INVOICED, changed(0, amount_minor=60_01)(OBLIGED), "default-USD", (150_00, 150_01), id="a cent more"
        ),
        pytest.param(INVOICED, without(3)(OBLIGED), "default-JPY", (100, 0), id="an obligation is lost"),
        pytest.param(without(4)(INVOICED), OBLIGED, "default-JPY", (0, 100), id="an obligation of no invoice"),
        pytest.param(
            changed(2, status="SENT")(INVOICED), OBLIGED, "default-USD", (157_00, 150_00), id="a draft is sent"
        ),
        pytest.param(INVOICED, changed(2, entity="eu")(OBLIGED), "eu-USD", (0, 50_00), id="in another entity's ledger"),
        pytest.param(
            INVOICED, changed(3, currency="EUR")(OBLIGED), "default-EUR", (0, 100), id="in another currency's"
        ),
    ],
)
def test_obligations_that_are_not_the_invoices_are_seen(
    invoices: Rows, obligations: Rows, ledger: str, figures: tuple[int, int]
) -> None:
    assert obligations_and_invoices(invoices, obligations)[ledger] == figures


RUN = pa.schema(
    [("obligation_no", NUMBER), ("kind", TEXT), ("days", NUMBER), ("amount_minor", NUMBER), ("daily_minor", NUMBER)]
)
WHOLE_OBLIGATION = pa.schema(
    [
        ("obligation_no", NUMBER),
        ("obligation_id", TEXT),
        ("entity", TEXT),
        ("currency", TEXT),
        ("effect", TEXT),
        ("recognition_method", TEXT),
        ("accounting_date", pa.date32()),
        ("amount_minor", NUMBER),
    ]
)
SCHEDULED = (
    Obligation(365_00, accounting="2025-03-10"),
    Obligation(-31_07, end="2025-01-31", id="inv/l2"),
)


def runs_and_obligations(
    *obligations: Obligation, breakage: Breakage = lambda rows: rows, given: pa.Table | None = None
) -> Rows:
    owners, runs = schedules_of(*(obligations or SCHEDULED), given=given)
    return reconciled(
        reconciliation.runs_and_obligations,
        source(breakage(runs.select(RUN.names).to_pylist()), RUN),
        source(owners.select(WHOLE_OBLIGATION.names).to_pylist(), WHOLE_OBLIGATION),
    )


def told(to_bill: int, billed: int, to_earn: int, earned: int, broken: int = 0) -> Rows:
    figures = {"to_bill_minor": to_bill, "billed_minor": billed, "to_earn_minor": to_earn, "earned_minor": earned}
    return [{"entity": "default", "currency": "USD", **figures, "broken_obligations": broken}]


def test_sound_runs_bill_and_earn_each_obligation_in_full() -> None:
    assert runs_and_obligations() == told(*[365_00 - 31_07] * 4)


PROJECT = Obligation(300_00, method="MILESTONE", start=None, end=None)
MILESTONES = amendments(
    """
    event     | date       | amount
    MILESTONE | 2025-02-10 | 10000
    """
)


@pytest.mark.parametrize(
    ("obligations", "given", "figures"),
    [
        pytest.param(
            (Obligation(365_00), Obligation(-65_00, accounting="2025-06-01", effect="CANCEL", note="cn")),
            None,
            (300_00, 300_00, 300_00, 300_00),
            id="a credit note counts with what it lowers",
        ),
        pytest.param(
            (Obligation(365_00), Obligation(-365_00, accounting="2025-06-01", effect="VOID")),
            None,
            (0, 0, 0, 0),
            id="of a void nothing is left",
        ),
        pytest.param(
            (Obligation(31_00, accounting=None, source="BILLING_SCHEDULE", end="2025-01-31"),),
            None,
            (0, 0, 31_00, 31_00),
            id="an accrual is earned and never billed",
        ),
        pytest.param((PROJECT,), MILESTONES, (300_00, 300_00, 100_00, 100_00), id="a project is earned as released"),
        pytest.param((PROJECT,), None, (300_00, 300_00, 0, 0), id="a project without a milestone earns nothing"),
    ],
)
def test_what_is_to_bill_and_to_earn_is_what_is_left_of_an_obligation(
    obligations: tuple[Obligation, ...], given: pa.Table | None, figures: tuple[int, int, int, int]
) -> None:
    assert runs_and_obligations(*obligations, given=given) == told(*figures)


def test_a_release_of_more_than_the_obligation_is_seen() -> None:
    def released_twice_over(rows: Rows) -> Rows:
        return [
            row | {"amount_minor": 301_00, "daily_minor": 301_00} if row["kind"].startswith("EARNED") else row
            for row in rows
        ]

    found = runs_and_obligations(PROJECT, given=MILESTONES, breakage=released_twice_over)
    assert found == told(300_00, 300_00, 300_00, 301_00, broken=1)


def _moved_to_the_other_obligation(rows: Rows) -> Rows:
    """The ledger's totals stay as they are."""
    return [row | {"obligation_no": 1 - row["obligation_no"]} if at == 0 else row for at, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("breakage", "broken"),
    [
        pytest.param(without(0), 1, id="a run is lost"),
        pytest.param(twice(0), 1, id="a run stands twice"),
        pytest.param(lambda rows: changed(0, amount_minor=rows[0]["amount_minor"] + 1)(rows), 1, id="a cent more"),
        pytest.param(changed(0, kind="BILLED_DEFERRED"), 1, id="billed for earned"),
        pytest.param(_moved_to_the_other_obligation, 2, id="a run of another obligation, the totals tie"),
        pytest.param(lambda rows: [row for row in rows if row["obligation_no"]], 1, id="no runs at all"),
        pytest.param(changed(0, days=0), 1, id="a run of no days"),
        pytest.param(
            lambda rows: changed(0, daily_minor=-rows[0]["daily_minor"])(rows), 1, id="days of the other sign"
        ),
        pytest.param(
            lambda rows: changed(0, daily_minor=rows[0]["amount_minor"])(rows), 1, id="a last day of the other sign"
        ),
    ],
)
def test_an_obligation_that_its_runs_do_not_make_is_seen_by_itself(breakage: Breakage, broken: int) -> None:
    assert sum(row["broken_obligations"] for row in runs_and_obligations(breakage=breakage)) == broken


def test_a_run_without_an_obligation_is_seen() -> None:
    beside = also(obligation_no=9, kind="EARNED_DEFERRED", amount_minor=5, daily_minor=5, days=1)
    stray = runs_and_obligations(breakage=beside)
    assert {"to_earn_minor": 0, "earned_minor": 5, "broken_obligations": 1}.items() <= stray[-1].items()
    assert stray[-1]["entity"] is None


def test_obligations_that_do_not_fit_are_refused_rather_than_wrapped() -> None:
    largest = 2**63 - 1
    with pytest.raises(duckdb.ConversionException):
        obligations_and_invoices(INVOICED, [obligation(0, largest), obligation(1, largest)])
