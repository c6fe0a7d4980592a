"""Each format's files, as text."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from revrec.accounts import Ledger
from revrec.exports import EXPORT_FORMATS
from revrec.policy import Policy

# An invoice billed in advance and earned over two days, and another customer's credit.
_JOURNALS = """
journal          | kind             | customer | product   | invoice | narrative  | first_day  | days | a_day | last_day
RR-202501-000001 | BILLED_DEFERRED  | Acme, UK | Team      | I1      | Invoiced   | 2025-01-30 | 1    | 0     | 1234.50
RR-202501-000001 | EARNED_DEFERRED  | Acme, UK | Team      | I1      | Earned     | 2025-01-30 | 2    | 2.90  | 3.00
RR-202501-000002 | -EARNED_DEFERRED | =Beta    | The "Pro" | I2      | Earned, 2x | 2025-01-31 | 1    | 0     | 0.05
"""

_GENERIC_HEADER = (
    "Journal Number,Date,Narrative,Product name,Customer ID,Customer name,Direction,Ledger account name,Amount,"
    "Invoice ID,Invoice number"
)


# What the lines of a month say.
_TOLD_1 = '"Revenue recognition 2025-01: Team, invoice I1"'
_TOLD_2 = '"Revenue recognition 2025-01: The ""Pro"", invoice I2"'


def _lines(text: str) -> str:
    """Golden text without the indentation that makes the test readable."""
    return "".join(f"{line.strip()}\n" for line in text.strip().splitlines())


def test_generic_lists_each_day_with_positive_amounts(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    exported = export("generic", journals(_JOURNALS), policy={"exports": {"xero": {"enabled": False}}})
    assert list(exported.files) == ["default-USD.csv"]
    assert exported.text == f"{_GENERIC_HEADER}\n" + _lines(
        '''
        RR-202501-000001,2025-01-30,Invoiced,Team,"cus_Acme, UK","Acme, UK",DEBIT,Billed Revenue,1234.50,inv_I1,I1
        RR-202501-000001,2025-01-30,Invoiced,Team,"cus_Acme, UK","Acme, UK",CREDIT,Deferred Revenue,1234.50,inv_I1,I1
        RR-202501-000001,2025-01-30,Earned,Team,"cus_Acme, UK","Acme, UK",DEBIT,Deferred Revenue,2.90,inv_I1,I1
        RR-202501-000001,2025-01-30,Earned,Team,"cus_Acme, UK","Acme, UK",CREDIT,Recognized Revenue,2.90,inv_I1,I1
        RR-202501-000001,2025-01-31,Earned,Team,"cus_Acme, UK","Acme, UK",DEBIT,Deferred Revenue,3.00,inv_I1,I1
        RR-202501-000001,2025-01-31,Earned,Team,"cus_Acme, UK","Acme, UK",CREDIT,Recognized Revenue,3.00,inv_I1,I1
        RR-202501-000002,2025-01-31,"Earned, 2x","The ""Pro""",cus_=Beta,'=Beta,DEBIT,Recognized Revenue,0.05,inv_I2,I2
        RR-202501-000002,2025-01-31,"Earned, 2x","The ""Pro""",cus_=Beta,'=Beta,CREDIT,Deferred Revenue,0.05,inv_I2,I2
        '''
    )


def test_generic_by_month_adds_up_on_the_last_day(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    exported = export(
        "generic",
        journals(_JOURNALS),
        policy={"exports": {"xero": {"enabled": False}, "generic": {"granularity": "monthly"}}},
    )
    assert exported.text.splitlines()[1:5] == [
        f'RR-202501-000001,2025-01-31,{_TOLD_1},Team,"cus_Acme, UK","Acme, UK",{posting},inv_I1,I1'
        for posting in (
            "DEBIT,Billed Revenue,1234.50",
            "CREDIT,Deferred Revenue,1234.50",
            "DEBIT,Deferred Revenue,5.90",
            "CREDIT,Recognized Revenue,5.90",
        )
    ]


def test_generic_has_the_xero_code_last_where_xero_is_enabled(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    policy = {"accounts": {"products": {"prod_Team": {"recognized": {"xero": "211", "name": "Team revenue"}}}}}
    header, *lines = export("generic", journals(_JOURNALS), policy=policy).text.splitlines()
    assert header == f"{_GENERIC_HEADER},Xero ledger account code"
    assert [line.rsplit(",", 1)[1] for line in lines] == ["200", "820", "820", "211", "820", "211", "210", "820"]
    assert [("Team revenue" in line, "Recognized Revenue" in line) for line in lines[3:7:3]] == [
        (True, False),
        (False, True),
    ]


def test_the_xero_report_signs_amounts_by_the_accounts_normal_balance(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    report = """
        journal          | kind             | first_day  | days | a_day | last_day
        RR-202501-000001 | BILLED_UNBILLED  | 2025-01-01 | 1    | 0     | 1.00
        RR-202501-000001 | BILLED_DEFERRED  | 2025-01-01 | 1    | 0     | 2.00
        RR-202501-000001 | EARNED_UNBILLED  | 2025-01-01 | 1    | 0     | 4.00
        RR-202501-000001 | EARNED_DEFERRED  | 2025-01-01 | 1    | 0     | 8.00
        RR-202501-000001 | -BILLED_DEFERRED | 2025-01-01 | 1    | 0     | 16.00
    """
    header, *lines = export("xero", journals(report)).text.splitlines()
    assert header == f"{_GENERIC_HEADER},Xero ledger account code"
    assert [tuple(line.split(",")[6:9]) for line in lines] == [
        ("DEBIT", "Billed Revenue", "1.00"),
        ("CREDIT", "Unbilled Revenue", "-1.00"),
        ("DEBIT", "Billed Revenue", "2.00"),
        ("CREDIT", "Deferred Revenue", "2.00"),
        ("DEBIT", "Unbilled Revenue", "4.00"),
        ("CREDIT", "Recognized Revenue", "4.00"),
        ("DEBIT", "Deferred Revenue", "-8.00"),
        ("CREDIT", "Recognized Revenue", "8.00"),
        ("DEBIT", "Deferred Revenue", "-16.00"),
        ("CREDIT", "Billed Revenue", "-16.00"),
    ]


def test_the_xero_import_is_xeros_template_by_month_with_debits_positive(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    policy = {"exports": {"xero": {"tax_rate": "Tax Exempt, 0%", "tracking": {"Region": "EU"}}}}
    exported = export("xero", journals(_JOURNALS), suffix="-import", policy=policy)
    narration_1, narration_2 = (f"RR-202501-00000{number} Revenue recognition default-USD" for number in (1, 2))
    tracking = "TrackingName1,TrackingOption1,TrackingName2,TrackingOption2"
    assert list(exported.files) == ["default-USD-import.csv"]
    assert exported.text == _lines(
        f"""
        *Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,{tracking}
        {narration_1},31/01/2025,{_TOLD_1},200,"Tax Exempt, 0%",1234.50,Region,EU,,
        {narration_1},31/01/2025,{_TOLD_1},820,"Tax Exempt, 0%",-1234.50,Region,EU,,
        {narration_1},31/01/2025,{_TOLD_1},820,"Tax Exempt, 0%",5.90,Region,EU,,
        {narration_1},31/01/2025,{_TOLD_1},210,"Tax Exempt, 0%",-5.90,Region,EU,,
        {narration_2},31/01/2025,{_TOLD_2},210,"Tax Exempt, 0%",0.05,Region,EU,,
        {narration_2},31/01/2025,{_TOLD_2},820,"Tax Exempt, 0%",-0.05,Region,EU,,
        """
    )


def test_quickbooks_leaves_the_empty_side_blank(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    assert export("quickbooks", journals(_JOURNALS)).text == _lines(
        f"""
        *JournalNo,*JournalDate,*AccountName,*Debits,*Credits,Description,Name,Currency,Location,Class
        RR-202501-000001,01/31/2025,Billed Revenue,1234.50,,{_TOLD_1},"Acme, UK",USD,,
        RR-202501-000001,01/31/2025,Deferred Revenue,,1234.50,{_TOLD_1},"Acme, UK",USD,,
        RR-202501-000001,01/31/2025,Deferred Revenue,5.90,,{_TOLD_1},"Acme, UK",USD,,
        RR-202501-000001,01/31/2025,Recognized Revenue,,5.90,{_TOLD_1},"Acme, UK",USD,,
        RR-202501-000002,01/31/2025,Recognized Revenue,0.05,,{_TOLD_2},'=Beta,USD,,
        RR-202501-000002,01/31/2025,Deferred Revenue,,0.05,{_TOLD_2},'=Beta,USD,,
        """
    )


def test_netsuite_is_unapproved_and_its_external_ids_hold_the_ledger(
    export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    policy = {"entities": {"uk": {"name": "Acme Ltd", "subsidiary": "Acme : UK, Ltd"}}}
    batch = journals(_JOURNALS, entity="uk", currency="GBP")
    exported = export("netsuite", batch, policy=policy, ledger=Ledger("uk", "GBP"))
    journal = "uk-GBP-RR-202501-00000"
    subsidiary = '"Acme : UK, Ltd"'
    assert list(exported.files) == ["uk-GBP.csv"]
    assert exported.text == _lines(
        f"""
        External ID,Date,Subsidiary,Currency,Account,Debit,Credit,Memo,Name,Approved
        {journal}1,01/31/2025,{subsidiary},GBP,4000,1234.50,,{_TOLD_1},"Acme, UK",FALSE
        {journal}1,01/31/2025,{subsidiary},GBP,2400,,1234.50,{_TOLD_1},"Acme, UK",FALSE
        {journal}1,01/31/2025,{subsidiary},GBP,2400,5.90,,{_TOLD_1},"Acme, UK",FALSE
        {journal}1,01/31/2025,{subsidiary},GBP,4010,,5.90,{_TOLD_1},"Acme, UK",FALSE
        {journal}2,01/31/2025,{subsidiary},GBP,4010,0.05,,{_TOLD_2},'=Beta,FALSE
        {journal}2,01/31/2025,{subsidiary},GBP,2400,,0.05,{_TOLD_2},'=Beta,FALSE
        """
    )


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("quickbooks", ["RR-202501-000001-30", "RR-202501-000001-31", "RR-202501-000002-31"]),
        (
            "netsuite",
            ["default-USD-RR-202501-000001-30", "default-USD-RR-202501-000001-31", "default-USD-RR-202501-000002-31"],
        ),
    ],
)
def test_a_target_whose_journals_have_one_date_gets_a_journal_a_day(
    name: str, numbers: list[str], export: Callable[..., Any], journals: Callable[..., pa.RecordBatch]
) -> None:
    exported = export(name, journals(_JOURNALS), policy={"exports": {name: {"granularity": "daily"}}})
    cells = [line.split(",")[:2] for line in exported.text.splitlines()[1:]]
    assert (
        cells == [[numbers[0], "01/30/2025"]] * 4 + [[numbers[1], "01/31/2025"]] * 2 + [[numbers[2], "01/31/2025"]] * 2
    )
    assert [totals.journals for totals in exported.totals] == [3]


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1234"), ("USD", "1234.00"), ("KWD", "1234.000")])
@pytest.mark.parametrize(
    ("name", "suffix"),
    [("generic", ""), ("xero", ""), ("xero", "-import"), ("quickbooks", ""), ("netsuite", "")],
)
def test_amounts_have_the_currencys_decimals(
    name: str,
    suffix: str,
    currency: str,
    amount: str,
    export: Callable[..., Any],
    journals: Callable[..., pa.RecordBatch],
) -> None:
    rows = "journal|first_day|days|a_day|last_day\nRR-202501-000001|2025-01-31|1|0|1234"
    batch = journals(rows, currency=currency)
    exported = export(name, batch, suffix=suffix, ledger=Ledger("default", currency))
    for line in exported.text.splitlines()[1:]:
        assert [cell.removeprefix("-") for cell in line.split(",")].count(amount) == 1


@pytest.mark.parametrize("name", ["xero", "quickbooks", "netsuite"])
def test_a_format_is_enabled_unless_the_policy_says_otherwise(name: str) -> None:
    off = Policy.model_validate({"exports": {name: {"enabled": False}}})
    assert EXPORT_FORMATS[name].enabled(Policy())
    assert [export.name for export in EXPORT_FORMATS.values() if not export.enabled(off)] == [name]
