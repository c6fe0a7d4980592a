"""Files of manual journals, YAML and JSON: every way they can be wrong (SPEC 6)."""

import datetime as dt
import json
from typing import Any

import pytest

from revrec.accounts import Account, Direction
from revrec.errors import RevrecError
from revrec.manual_journals import ManualEntry, ManualJournalError, parse_manual_journals
from revrec.policy import Entity, Policy
from tests.closing_builders import manual_journal

POLICY = Policy(entities={"default": Entity(name="Acme Inc"), "uk": Entity(name="Acme Ltd")})

YAML = """
journals:
  - id: MJ-1
    date: 2025-01-15
    entity: default
    currency: USD
    customer_id: cus_1
    product_id: prod_1
    invoice_id: inv_1
    narrative: >
      Termination, as agreed
    adjusts: RR-202501-000001
    entries:
      - {direction: DEBIT, account: deferred, amount: "100.00"}
      - {direction: CREDIT, account: recognized, amount: "60.5"}
      - {direction: CREDIT, account: unbilled, amount: "39.50"}
  - {id: MJ-2, date: 2025-02-28, entity: uk, currency: JPY, customer_id: cus_2, product_id: prod_1, narrative: One-off,
     entries: [{direction: CREDIT, account: recognized, amount: "7"},
               {direction: DEBIT, account: unbilled, amount: '7'}]}
"""

SECOND = manual_journal(
    "MJ-2",
    date=dt.date(2025, 2, 28),
    entity="uk",
    currency="JPY",
    customer_id="cus_2",
    invoice_id="",
    narrative="One-off",
    adjusts="",
    entries=(
        ManualEntry(Direction.CREDIT, Account.RECOGNIZED, 7),
        ManualEntry(Direction.DEBIT, Account.UNBILLED, 7),
    ),
)

GIVEN: dict[str, Any] = {
    "id": "MJ-1",
    "date": "2025-01-15",
    "entity": "default",
    "currency": "USD",
    "customer_id": "cus_1",
    "product_id": "prod_1",
    "invoice_id": "",
    "narrative": "Reclassification",
    "adjusts": "",
    "entries": [
        {"direction": "DEBIT", "account": "deferred", "amount": "100.00"},
        {"direction": "CREDIT", "account": "recognized", "amount": "100.00"},
    ],
}


def parse(text: str, source: str = "journals.yaml", prepared_by: str = "Ana", approved_by: str = "Ben") -> Any:
    return parse_manual_journals(text, source, prepared_by, approved_by, POLICY)


def faults_of(*journals: Any) -> list[str]:
    with pytest.raises(ManualJournalError) as caught:
        parse(json.dumps({"journals": journals}), "journals.json")
    return list(caught.value.faults)


def entries(*given: str) -> list[dict[str, str]]:
    """Entries such as "DEBIT deferred 1.00"."""
    return [dict(zip(("direction", "account", "amount"), entry.split(" ", 2), strict=True)) for entry in given]


def test_journals_are_read_from_yaml_and_from_json() -> None:
    assert parse(YAML) == [manual_journal(), SECOND]
    as_json = json.dumps({"journals": [{**GIVEN, "id": "MJ-3"}]}, indent="\t")  # YAML takes no tabs, JSON does
    (found,) = parse(as_json, "journals.JSON")
    assert (found.id, found.total_minor, found.invoice_id, found.adjusts) == ("MJ-3", 10_000, "", "")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": ""}, "journal number 1: id is empty: give it"),
        ({"id": 7}, "journal number 1: id 7 is not text: put it in quotes, exactly as it is meant"),
        ({"id": None}, "journal number 1: id is empty: give it"),
        ({"id": "MJ-1 "}, "journal 'MJ-1 ': id 'MJ-1 ' has white space around it: remove it"),
        ({"date": "2025-02-29"}, "date '2025-02-29' is a day that does not exist: correct it"),
        ({"date": "15/01/2025"}, "date '15/01/2025' is not a date: write it as YYYY-MM-DD"),
        ({"date": "20250115"}, "date '20250115' is not a date: write it as YYYY-MM-DD"),
        ({"date": "2025-W03-3"}, "date '2025-W03-3' is not a date: write it as YYYY-MM-DD"),
        ({"date": 20250115}, "date 20250115 is not text: put it in quotes, exactly as it is meant"),
        ({"date": "2022-12-31"}, "date 2022-12-31 is before the policy's first_month 2023-01: give a later one"),
        ({"entity": "us"}, "entity 'us' is not in the policy: use one of default, uk, or add it there"),
        (
            {"currency": "usd"},
            "currency 'usd' is not an ISO 4217 code with a minor unit: use a code such as USD, EUR or JPY",
        ),
        ({"currency": "XAU"}, "currency 'XAU' is not an ISO 4217 code with a minor unit: use a code such as USD"),
        ({"customer_id": ""}, "customer_id is empty: give it"),
        ({"product_id": None}, "product_id is empty: give it"),
        ({"product_id": 1.5}, "product_id 1.5 is not text: put it in quotes"),
        ({"invoice_id": " inv_1"}, "invoice_id ' inv_1' has white space around it: remove it"),
        ({"narrative": " \n "}, "narrative is empty: give it"),
        ({"narrative": "two\nlines"}, r"narrative 'two\nlines' holds a line break or another control character"),
        ({"narrative": "nul\x00"}, r"narrative 'nul\x00' holds a line break or another control character"),
        ({"narrative": "half \ud800 a character"}, "narrative "),
        ({"narrative": "n" * 1_001}, "is 1,001 characters long: shorten it to 1,000"),
        ({"adjusts": "RR-202513-000001"}, "adjusts 'RR-202513-000001' is not the number of a journal such as"),
        ({"approved_by": "Cy"}, "unknown field 'approved_by': remove it or correct its spelling"),
        ({"entries": None}, "entries is empty: give it"),
        ({"entries": "none"}, "entries 'none'"),
        ({"entries": []}, "entries hold no DEBIT: give at least one DEBIT and one CREDIT"),
        ({"entries": ["DEBIT"]}, "entry 1 is 'DEBIT', not `field: value` pairs: give its fields"),
        (
            {"entries": entries("DEBIT billed 1", "DEBIT deferred 1")},
            "entries hold no CREDIT: give at least one DEBIT and one CREDIT",
        ),
        (
            {"entries": entries("DEBIT billed 1.00", "CREDIT deferred 0.98")},
            "debits 1.00 and credits 0.98 USD differ by 0.02: correct the amounts until both are equal",
        ),
        (
            {"entries": entries("DEBIT billed 2", "CREDIT deferred 1", "CREDIT billed 1")},
            "account billed is debited and credited: give only the difference, on its side",
        ),
        (
            {"entries": entries("debit billed 1", "CREDIT deferred 1")},
            "entry 1 direction 'debit' is unknown: use 'DEBIT' or 'CREDIT'",
        ),
        (
            {"entries": entries("DEBIT billed 1", "CREDIT cash 1")},
            "entry 2 account 'cash' is unknown: use 'billed', 'recognized', 'deferred' or 'unbilled'",
        ),
        (
            {"entries": entries("DEBIT billed 1.005", "CREDIT deferred 1")},
            "entry 1 amount '1.005' has more decimals than USD has (2)",
        ),
        (
            {"entries": entries("DEBIT billed 1,000", "CREDIT deferred 1")},
            "entry 1 amount '1,000' is not a decimal number such as 1200.00",
        ),
        (
            {"entries": entries("DEBIT billed 1e2", "CREDIT deferred 1")},
            "entry 1 amount '1e2' is not a decimal number such as 1200.00",
        ),
        (
            {"entries": entries("DEBIT billed 1000000000000", "CREDIT deferred 1")},
            "entry 1 amount '1000000000000' is beyond the largest amount",
        ),
        (
            {"entries": entries("DEBIT billed 0.00", "CREDIT deferred 1")},
            "entry 1 amount '0.00' is not positive: the direction says which side it is on",
        ),
        (
            {"entries": entries("DEBIT billed 1", "CREDIT deferred -1")},
            "entry 2 amount '-1' is not positive: the direction says which side it is on",
        ),
        (
            {"entries": [{"direction": "DEBIT", "account": "billed"}, *entries("CREDIT deferred 1")]},
            "entry 1 amount is missing: give it",
        ),
        (
            {"entries": [{**entries("DEBIT billed 1")[0], "currency": "EUR"}, *entries("CREDIT deferred 1")]},
            "unknown field 'entry 1 currency': remove it or correct its spelling",
        ),
    ],
)
def test_a_fault_names_journal_field_value_and_what_to_do(change: dict[str, Any], fault: str) -> None:
    found = faults_of({**GIVEN, **change})
    assert len(found) == 1 or change.get("entries") == []
    assert fault in found[0]
    assert found[0].startswith("journal ")


@pytest.mark.parametrize("missing", [name for name in GIVEN if name not in ("invoice_id", "adjusts")])
def test_a_missing_field_is_named(missing: str) -> None:
    (fault,) = faults_of({name: value for name, value in GIVEN.items() if name != missing})
    assert fault.endswith(f": {missing} is missing: give it")


@pytest.mark.parametrize("written", ["100.00", "100", "1_00", "0144", "1:40", "1e2", ".inf"])
def test_a_number_that_yaml_would_read_its_own_way_has_to_be_quoted(written: str) -> None:
    with pytest.raises(ManualJournalError, match=r"entry 1 amount .*(put it in quotes|not a decimal number)"):
        parse(YAML.replace('"100.00"', written))


def test_ids_that_yaml_would_read_as_numbers_have_to_be_quoted() -> None:
    with pytest.raises(ManualJournalError, match="customer_id 7 is not text: put it in quotes"):
        parse(YAML.replace("cus_1", "007"))


def test_all_faults_of_all_journals_are_in_one_error() -> None:
    bad = {**GIVEN, "date": "soon", "entity": 1, "entries": entries("DEBIT billed 1", "CREDIT cash x")}
    unbalanced = {**GIVEN, "id": "MJ-2", "entity": "us", "entries": entries("DEBIT billed 1", "CREDIT deferred 2")}
    text = json.dumps({"journals": [bad, unbalanced, GIVEN, {**GIVEN, "id": "MJ-2"}, None]})
    with pytest.raises(ManualJournalError) as caught:
        parse(text, "january.json", "Ana", "ana ")
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, RevrecError)
    assert str(caught.value) == f"january.json: {'; '.join(caught.value.faults)}"
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "prepared_by 'Ana' and approved_by 'ana ' are the same person",
        "journal 'MJ-1'",
        "journal 'MJ-1'",
        "journal 'MJ-1'",
        "journal 'MJ-2'",
        "journal 'MJ-2'",
        "journal 'MJ-2'",
        "journal number 5",
    ]
    assert "id 'MJ-2' is given twice in the file" in caught.value.faults[6]


def test_nobody_approves_what_they_prepared() -> None:
    with pytest.raises(
        ManualJournalError, match=r"^journals\.yaml: prepared_by .* are the same person: have another one"
    ):
        parse(YAML, prepared_by="Ana Ruiz", approved_by="ana ruiz ")


@pytest.mark.parametrize("blank", ["", " ", "\n"], ids=repr)
def test_preparer_and_approver_have_names(blank: str) -> None:
    with pytest.raises(ManualJournalError, match=r"prepared_by .* is blank: give the name"):
        parse(YAML, prepared_by=blank)
    with pytest.raises(ManualJournalError, match=r"approved_by .* is blank: give the name"):
        parse(YAML, approved_by=blank)


@pytest.mark.parametrize(
    ("text", "source", "fault"),
    [
        ("", "a.yaml", "one list under `journals:`"),
        ("journals: 5", "a.yaml", "one list under `journals:`"),
        ("journals: []\nmore: 1", "a.yaml", "one list under `journals:`"),
        ("[]", "a.json", "one list under `journals:`"),
        ("journals: []", "a.yaml", "the file holds no journal: give at least one"),
        ("journals: [", "a.yaml", "cannot be read"),
        ('{"journals": [}', "a.json", "cannot be read"),
        ("journals:\n- {id: a, id: b}", "a.yaml", "the key 'id' is given twice"),
        ('{"journals": [{"id": "a", "id": "b"}]}', "a.json", "the key 'id' is given twice"),
        ("[" * 100_000, "a.json", "cannot be read"),
        ("[" * 5_000, "a.yaml", "cannot be read"),
        ("journals: !!python/object:os.system x", "a.yaml", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(text: str, source: str, fault: str) -> None:
    with pytest.raises(ManualJournalError, match=f"^{source}: ") as caught:
        parse(text, source)
    assert fault in caught.value.faults[0]
    assert "\n" not in str(caught.value)
