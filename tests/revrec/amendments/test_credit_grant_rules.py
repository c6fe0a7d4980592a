"""The rules that credit grants and their transactions must keep (SPEC 3, rule 5; SPEC 10)."""

import pytest

from revrec.amendments import RejectedDocument
from tests.revrec.amendments.builders import DEFERRED, PURCHASE, documents
from tests.revrec.amendments.resolved import resolve


@pytest.mark.parametrize(
    ("grant", "transactions", "faults"),
    [
        (
            "id\ng",
            "id | amount | date\nt1 | 60.00 | 2025-02-01\nt2 | 40.01 | 2025-02-02\nt3 | 40.00 | 2025-02-03",
            {"t2": "it consumes 40.01 USD of credit grant g, of which 40.00 is left"},
        ),
        (
            "id\ng",
            "id | type | amount | date\nt1 | CREDIT | 10.00 | 2025-02-02\nt2 | DEBIT | 9.99 | 2025-02-01",
            {"t1": "it gives back 10.00 USD to credit grant g, of which 9.99 is consumed"},
        ),
        (
            "id | expiry_date\ng | 2025-03-31",
            "id | amount | date\nt1 | 1.00 | 2025-04-01",
            {"t1": "2025-04-01 is after 2025-03-31, when credit grant g expired"},
        ),
        (
            "id | effective_date\ng | 2025-03-01",
            "id | amount | date\nt1 | 1.00 | 2025-02-28",
            {"t1": "2025-02-28 is before 2025-03-01, when credit grant g becomes effective"},
        ),
        (
            "id\ng",
            "id | amount | date\nt1 | 0.00 | 2025-02-01",
            {"t1": "amount 0.00 is not positive: the type says which way it goes"},
        ),
        (
            "id\ng",
            "id | amount | date\nt1 | -1.00 | 2025-02-01",
            {"t1": "amount -1.00 is not positive: the type says which way it goes"},
        ),
        (
            "id\ng",
            "id | amount | date\nt1 | 1.001 | 2025-02-01",
            {"t1": "amount 1.001 has more decimals than USD has (2)"},
        ),
        (
            "id\ng",
            "id | grant | amount | date\nt1 | gone | 1.00 | 2025-02-01",
            {"t1": "credit grant gone is not in landing/credit_grants"},
        ),
        ("id\ng", "id | line | amount | date\nt1 | l9 | 1.00 | 2025-02-01", {"t1": "there is no invoice line l9"}),
        (
            "id | customer_id\ng | nobody",
            "id | amount | date\nt1 | 1.00 | 2025-02-01",
            {
                "g": "customer nobody is not in landing/customers",
                "t1": "its credit grant g is in quarantine: customer nobody is not in landing/customers",
            },
        ),
        (
            "id | amount\ng | 0.00",
            "id | amount | date\nt1 | 1.00 | 2025-02-01",
            {
                "g": "a credit grant of 0.00 USD",
                "t1": "its credit grant g is in quarantine: a credit grant of 0.00 USD",
            },
        ),
        (
            "id | currency\ng | EUR",
            "id | amount | date\nt1 | 1.00 | 2025-02-01",
            {
                "g": "currency EUR is not USD, in which invoice inv sold it",
                "t1": "its credit grant g is in quarantine: currency EUR is not USD, in which invoice inv sold it",
            },
        ),
        (
            "id | customer_id\ng | globex",
            "id | amount | date\nt1 | 1.00 | 2025-02-01",
            {
                "g": "customer globex is not acme, to whom invoice inv sold it",
                "t1": "its credit grant g is in quarantine: customer globex is not acme, to whom invoice inv sold it",
            },
        ),
    ],
    ids=[
        "too much",
        "gives back too much",
        "expired",
        "not effective",
        "nothing",
        "negative",
        "decimals",
        "no grant",
        "no line",
        "no customer",
        "grants nothing",
        "another currency",
        "another customer",
    ],
)
def test_what_cannot_be_is_rejected(grant: str, transactions: str, faults: dict[str, str]) -> None:
    result = resolve(documents(lines=[PURCHASE], grants=grant, transactions=transactions, policy=DEFERRED))
    assert result.faults == faults
    assert {home for home, dataset, *_ in result.reasons if dataset == "credit_grants"} <= {""}


@pytest.mark.parametrize(
    ("purchase", "policy", "disposition", "reason"),
    [
        (PURCHASE, {}, "NOTHING_TO_RECOGNIZE", "the revenue of credit grant g was recognized when it was booked"),
        (None, DEFERRED, "NOTHING_TO_RECOGNIZE", "credit grant g was not bought on an invoice"),
        (
            PURCHASE | {"disposition": "NOT_POSTED", "reason": "invoice is DRAFT"},
            DEFERRED,
            "NOT_POSTED",
            "the purchase of credit grant g is not posted: invoice is DRAFT",
        ),
        (
            PURCHASE | {"disposition": "NOTHING_TO_RECOGNIZE", "reason": "its amount is 0", "amount": "0.00"},
            DEFERRED,
            "NOTHING_TO_RECOGNIZE",
            "nothing was paid for credit grant g: its amount is 0",
        ),
    ],
    ids=["recognized at grant", "no purchase", "a draft", "a gift"],
)
def test_where_nothing_is_deferred_each_row_says_why(
    purchase: dict[str, str] | None, policy: dict[str, object], disposition: str, reason: str
) -> None:
    landed = documents(
        lines=[purchase] if purchase else [],
        grants="id | expiry_date\ng | 2025-12-31",
        transactions="id | amount | date\nt1 | 1.00 | 2025-04-01",
        policy=policy,
    )
    assert resolve(landed).table("home", "event", "disposition", "reason", "document_id", "obligation_id") == [
        ("2025-01", "BREAKAGE", disposition, reason, "g", None),
        ("2025-04", "CONSUMPTION", disposition, reason, "t1", None),
    ]


def test_a_grant_in_quarantine_is_named_by_its_transactions() -> None:
    rejected = {"credit_grants": [RejectedDocument("", {"id": "g"}, "no date")]}
    transactions = "id | amount | date\nt1 | 1.00 | 2025-02-01"
    result = resolve(documents(lines=[PURCHASE], transactions=transactions, rejected=rejected, policy=DEFERRED))
    assert result.faults == {"t1": "its credit grant g is in quarantine: no date"}
