"""A small sound file of every kind: an invoice of 100.00 with 40.00 earned, and one of which a cent is earned.

What belongs here: the files as text, and whose they are. What does not: what is wrong with others
(`test_reparsers.py`).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import NamedTuple

from tests.reparsers import generic, netsuite, quickbooks, xero
from tests.reparsers.rules import Journal, LedgerMonth

NAMES = {f"{name.title()} Revenue": name for name in ("billed", "recognized", "deferred", "unbilled")}
OF = LedgerMonth(
    entity="default",
    currency="USD",
    month="2025-02",
    charts={
        "generic": NAMES,
        "quickbooks": NAMES,
        "xero": {"200": "billed", "210": "recognized", "820": "deferred", "620": "unbilled"},
        "netsuite": {"4000": "billed", "4010": "recognized", "2400": "deferred", "1250": "unbilled"},
    },
)
_COLUMNS = (
    "Journal Number,Date,Narrative,Product name,Customer ID,Customer name,Direction,Ledger account name,Amount,"
    "Invoice ID,Invoice number,Xero ledger account code"
)
GENERIC = f"""\
{_COLUMNS}
RR-202502-000001,2025-02-01,"Billed, ""Pro"" plan",Pro,cus_1,Acme,DEBIT,Billed Revenue,100.00,inv_1,1,200
RR-202502-000001,2025-02-01,"Billed, ""Pro"" plan",Pro,cus_1,Acme,CREDIT,Deferred Revenue,100.00,inv_1,1,820
RR-202502-000001,2025-02-02,Earned,Pro,cus_1,Acme,DEBIT,Deferred Revenue,40.00,inv_1,1,820
RR-202502-000001,2025-02-02,Earned,Pro,cus_1,Acme,CREDIT,Recognized Revenue,40.00,inv_1,1,210
RR-202502-000002,2025-02-28,Earned,'=Pro,cus_2,'+Beta,DEBIT,Deferred Revenue,0.01,inv_2,2,820
RR-202502-000002,2025-02-28,Earned,'=Pro,cus_2,'+Beta,CREDIT,Recognized Revenue,0.01,inv_2,2,210
"""
REPORT = GENERIC.replace("DEBIT,Deferred Revenue,", "DEBIT,Deferred Revenue,-")
IMPORT = """\
*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,TrackingName1,TrackingOption1,TrackingName2,TrackingOption2
RR-202502-000001 of default-USD,28/02/2025,Pro,200,No Tax,100.00,,,,
RR-202502-000001 of default-USD,28/02/2025,Pro,820,No Tax,-60.00,,,,
RR-202502-000001 of default-USD,28/02/2025,Pro,210,No Tax,-40.00,Region,EU,,
RR-202502-000002 of default-USD,28/02/2025,'=Pro,820,No Tax,0.01,,,,
RR-202502-000002 of default-USD,28/02/2025,'=Pro,210,No Tax,-0.01,,,,
"""
QUICKBOOKS = """\
*JournalNo,*JournalDate,*AccountName,*Debits,*Credits,Description,Name,Currency,Location,Class
RR-202502-000001,02/28/2025,Billed Revenue,100.00,,Pro,Acme,USD,,
RR-202502-000001,02/28/2025,Deferred Revenue,,60.00,Pro,Acme,USD,,
RR-202502-000001,02/28/2025,Recognized Revenue,,40.00,Pro,Acme,USD,,
RR-202502-000002,02/28/2025,Deferred Revenue,0.01,,Pro,'+Beta,USD,,
RR-202502-000002,02/28/2025,Recognized Revenue,,0.01,Pro,'+Beta,USD,,
"""
NETSUITE = """\
External ID,Date,Subsidiary,Currency,Account,Debit,Credit,Memo,Name,Approved
default-USD-RR-202502-000001,02/28/2025,Acme Inc,USD,4000,100.00,,Pro,Acme,FALSE
default-USD-RR-202502-000001,02/28/2025,Acme Inc,USD,2400,,60.00,Pro,Acme,FALSE
default-USD-RR-202502-000001,02/28/2025,Acme Inc,USD,4010,,40.00,Pro,Acme,FALSE
default-USD-RR-202502-000002,02/28/2025,Acme Inc,USD,2400,0.01,,Pro,'+Beta,FALSE
default-USD-RR-202502-000002,02/28/2025,Acme Inc,USD,4010,,0.01,Pro,'+Beta,FALSE
"""


class Kind(NamedTuple):
    """A kind of file, with a sound one."""

    export: str
    suffix: str
    sound: str
    reparse: Callable[[Mapping[str, bytes], LedgerMonth], list[Journal]]


KINDS = {
    "generic": Kind("generic", "", GENERIC, generic.reparse),
    "report": Kind("xero", "", REPORT, xero.reparse_report),
    "import": Kind("xero", "-import", IMPORT, xero.reparse_import),
    "quickbooks": Kind("quickbooks", "", QUICKBOOKS, quickbooks.reparse),
    "netsuite": Kind("netsuite", "", NETSUITE, netsuite.reparse),
}


def with_manifests(
    kind: Kind, *contents: bytes, said: Mapping[str, object] | None = None, debits: str = "100.01"
) -> dict[str, bytes]:
    """Files with manifests that count their rows and journals.

    Args:
        kind: of file.
        contents: of the files, in order.
        said: what the manifests say otherwise.
        debits: what the files debit.
    """
    files: dict[str, bytes] = {}
    for part, content in enumerate(contents, start=1):
        stem = f"default-USD{kind.suffix}" + (f"-{part:03}" if len(contents) > 1 else "")
        keys = [line.split(b",")[0] for line in content.splitlines()[1:]]
        manifest = {
            "file": f"{stem}.csv",
            "part": part,
            "parts": len(contents),
            "format": kind.export,
            "entity": "default",
            "currency": "USD",
            "month": "2025-02",
            "rows": len(keys),
            "journals": len(list(groupby(keys))),
            "total_debits": debits,
            "total_debits_minor": int(debits.replace(".", "")),
            "total_credits": debits,
            "total_credits_minor": int(debits.replace(".", "")),
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "filters": {},
            "as_of": None,
            "policy_sha256": "00",
            "engine_version": "0",
        }
        files[f"{stem}.csv"] = content
        files[f"{stem}.manifest.json"] = json.dumps(manifest | dict(said or {})).encode()
    return files


def sound(name: str) -> dict[str, bytes]:
    """The sound file of a kind, with its manifest."""
    kind = KINDS[name]
    debits = "140.01" if name in ("generic", "report") else "100.01"
    return with_manifests(kind, kind.sound.encode(), debits=debits)
