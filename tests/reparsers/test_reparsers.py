"""Every re-parser rebuilds the journals of a sound file, and every rule of SPEC 9 turns down a file that breaks it."""

from collections.abc import Callable

import pytest

from tests.reparsers import generic
from tests.reparsers.rules import Journal
from tests.reparsers.sound_files import GENERIC, IMPORT, KINDS, OF, sound, with_manifests
from tests.reparsers.strict_csv import BrokenRuleError


def net(journals: list[Journal]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for journal in journals:
        for line in journal.lines:
            key = (journal.number[-1], line.account)
            found[key] = found.get(key, 0) + line.minor
    return found


@pytest.mark.parametrize("name", KINDS)
def test_a_sound_file_is_rebuilt_into_its_journals(name: str) -> None:
    journals = KINDS[name].reparse(sound(name), OF)
    assert [journal.number for journal in journals] == ["RR-202502-000001", "RR-202502-000002"]
    assert net(journals) == {
        ("1", "billed"): 100_00,
        ("1", "deferred"): -60_00,
        ("1", "recognized"): -40_00,
        ("2", "deferred"): 1,
        ("2", "recognized"): -1,
    }


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        pytest.param("generic", "Earned", "Earn\ned", "3 cells under 12 columns", id="line end without quotes"),
        pytest.param("generic", ',"Billed', ',Bil"led', "no cell that ends with", id="quote in a cell without quotes"),
        pytest.param("generic", "Acme", "Ac\x00me", "a forbidden character", id="control character"),
        pytest.param("generic", "cus_2,'+", "cus_2,+", "would run Customer name '[+]Beta'", id="formula"),
        pytest.param("generic", "'=Pro", '"=1+1"', "would run Product name '=1[+]1'", id="formula in quotes"),
        pytest.param("generic", "Acme", '"\tAcme"', "would run Customer name", id="tab in front"),
        pytest.param("generic", "Acme", '"\rAcme"', "would run Customer name", id="carriage return in front"),
        pytest.param("generic", "Direction,", "direction,", "has the header", id="header in other letters"),
        pytest.param("generic", "inv_2,2,820", "inv_2,2", "11 cells under 12 columns", id="a cell too few"),
        pytest.param(
            "generic", "CREDIT,Deferred Revenue,100.00", "CREDIT,Deferred Revenue,100.01", "balance", id="cent"
        ),
        pytest.param(
            "generic",
            "2025-02-02,Earned,Pro,cus_1,Acme,CREDIT",
            "2025-02-03,Earned,Pro,cus_1,Acme,CREDIT",
            "does not balance: .*'2025-02-02': 4000, '2025-02-03': -4000",
            id="a day that does not balance",
        ),
        pytest.param("generic", "2025-02-28", "28/02/2025", "'28/02/2025' is not as in", id="date not ISO"),
        pytest.param("generic", "2025-02-28", "2025-03-01", "'2025-03-01' is not in 2025-02", id="other month"),
        pytest.param("generic", "0.01", "-0.01", "'-0.01' is below zero", id="negative amount"),
        pytest.param("generic", "0.01", "0.00", "'0.00' is zero", id="zero amount"),
        pytest.param("generic", "0.01", "0.010", "has not exactly 2 decimals", id="too many decimals"),
        pytest.param("generic", "100.00", "100", "has not exactly 2 decimals", id="too few decimals"),
        pytest.param("generic", ",100.00", ',"1,000.00"', "has not exactly 2 decimals", id="thousands separator"),
        pytest.param("generic", "DEBIT", "Debit", "neither DEBIT nor CREDIT", id="direction"),
        pytest.param(
            "generic", "inv_2,2,820", "inv_2,2,210", "'210' is another account than deferred", id="other code"
        ),
        pytest.param("generic", "Billed Revenue", "Sales", "'Sales' is not in the chart", id="unknown account"),
        pytest.param(
            "generic", "RR-202502-000002", "RR-202501-000002", "0 journal numbers of 2025-02", id="other number"
        ),
        pytest.param(
            "report", "DEBIT,Deferred Revenue,-", "DEBIT,Deferred Revenue,", "wrong sign", id="report's debit sign"
        ),
        pytest.param(
            "report",
            "CREDIT,Recognized Revenue,40",
            "CREDIT,Recognized Revenue,-40",
            "wrong sign",
            id="report's credit sign",
        ),
        pytest.param("report", ",Xero ledger account code", "", "has the header", id="report without codes"),
        pytest.param("import", "28/02/2025", "02/28/2025", "'02/28/2025' is not as in", id="import's month first"),
        pytest.param("import", "No Tax,0.01", "No Tax,-0.01", "does not balance", id="import's sign"),
        pytest.param("import", "No Tax,0.01", ",0.01", "TaxRate is blank", id="no tax rate"),
        pytest.param("import", ",Region,EU", ",Region,", "tracking 1 is 'Region'", id="tracking without option"),
        pytest.param(
            "import",
            "-000002 of default-USD,28/02/2025,'=Pro,210",
            "-000002,28/02/2025,'=Pro,210",
            "000002 of default-USD 28/02/2025 does not balance",
            id="two narrations of one journal",
        ),
        pytest.param(
            "import",
            "RR-202502-000002 of",
            "RR-202502-000001 of",
            "'journals': .2, 1.",
            id="two journals of one narration",
        ),
        pytest.param("quickbooks", "100.00,,", "100.00,0.00,", "not one side alone", id="zero, not blank"),
        pytest.param("quickbooks", "100.00,,", ",,", "not one side alone", id="both sides blank"),
        pytest.param("quickbooks", "100.00,,", "-100.00,,", "below zero", id="negative debit"),
        pytest.param("quickbooks", "02/28/2025", "2/28/2025", "is not as in", id="month of one digit"),
        pytest.param("quickbooks", "RR-202502-000002", "default-RR-202502-000002", "more than 21 characters", id="21"),
        pytest.param(
            "quickbooks",
            "02/28/2025,Recognized Revenue,,40",
            "02/27/2025,Recognized Revenue,,40",
            "2 dates",
            id="two dates of one number",
        ),
        pytest.param("quickbooks", "Acme,USD", "Acme,EUR", "the currency 'EUR'", id="other currency"),
        pytest.param("quickbooks", "Billed Revenue", "4000", "not in the chart of accounts of quickbooks", id="code"),
        pytest.param("netsuite", "Acme,FALSE", "Acme,TRUE", "approved is 'TRUE'", id="approved"),
        pytest.param(
            "netsuite",
            "default-USD-RR-202502-000001,02/28/2025,Acme Inc,USD,2400",
            ",02/28/2025,,USD,2400",
            "the subsidiary is blank",
            id="no subsidiary",
        ),
        pytest.param(
            "netsuite",
            "default-USD-RR-202502-000001,02/28/2025,Acme Inc,USD,2400",
            ",02/28/2025,Acme Inc,USD,2400",
            "0 journal numbers",
            id="external ID on the first line only",
        ),
        pytest.param("netsuite", ",60.00", "0,60.00", "not one side alone", id="zero in the empty side"),
    ],
)
def test_a_spoiled_cell_is_turned_down(name: str, old: str, new: str, message: str) -> None:
    files = sound(name)
    (file,) = [file for file in files if file.endswith(".csv")]
    spoiled = files[file].decode().replace(old, new)
    assert spoiled != files[file].decode()
    with pytest.raises(BrokenRuleError, match=message):
        KINDS[name].reparse(files | {file: spoiled.encode()}, OF)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(lambda content: b"\xef\xbb\xbf" + content, "a byte order mark", id="byte order mark"),
        pytest.param(lambda content: content.replace(b"\n", b"\r\n"), "no cell that ends with", id="CRLF"),
        pytest.param(lambda content: content[:-1], "no cell that ends|does not end with LF", id="no last LF"),
        pytest.param(lambda content: content + b"\n", "1 cells under", id="empty last line"),
        pytest.param(lambda content: content.replace(b"Pro", b"Pr\xf6"), "not UTF-8", id="Latin-1"),
        pytest.param(lambda content: content.replace(b",", b";"), "has the header|no cell that ends", id="semicolons"),
        pytest.param(lambda content: content.split(b"\n", 1)[1], "has the header", id="no header"),
        pytest.param(lambda content: content.replace(b"Pro,", b"Qro,", 1), "manifest .*sha256", id="other bytes"),
    ],
)
def test_a_spoiled_file_is_turned_down(name: str, spoil: Callable[[bytes], bytes], message: str) -> None:
    files = sound(name)
    (file,) = [file for file in files if file.endswith(".csv")]
    with pytest.raises(BrokenRuleError, match=message):
        KINDS[name].reparse(files | {file: spoil(files[file])}, OF)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    "said",
    [
        {"rows": 99},
        {"journals": 1},
        {"total_debits": "100.0"},
        {"total_credits_minor": 1},
        {"format": "csv"},
        {"part": 2},
    ],
    ids=str,
)
def test_a_manifest_that_says_otherwise_is_turned_down(name: str, said: dict[str, object]) -> None:
    kind = KINDS[name]
    with pytest.raises(BrokenRuleError, match=f"says otherwise.*{next(iter(said))}"):
        kind.reparse(with_manifests(kind, kind.sound.encode(), said=said), OF)


def parts_of(name: str, first_lines: int) -> tuple[bytes, bytes]:
    """A sound file in two, the first with so many lines."""
    header, *lines = KINDS[name].sound.splitlines(keepends=True)
    return (
        "".join([header, *lines[:first_lines]]).encode(),
        "".join([header, *lines[first_lines:]]).encode(),
    )


@pytest.mark.parametrize("name", KINDS)
def test_a_journal_in_two_files_is_turned_down(name: str) -> None:
    kind = KINDS[name]
    with pytest.raises(BrokenRuleError, match=r"journal .*RR-202502-000001.* is in 2 pieces"):
        kind.reparse(with_manifests(kind, *parts_of(name, 2)), OF)


@pytest.mark.parametrize("name", KINDS)
def test_a_journal_whose_lines_are_not_consecutive_is_turned_down(name: str) -> None:
    kind = KINDS[name]
    header, first, *others = kind.sound.splitlines(keepends=True)
    with pytest.raises(BrokenRuleError, match=r"journal .*RR-202502-000001.* is in 2 pieces"):
        kind.reparse(with_manifests(kind, "".join([header, *others, first]).encode()), OF)


def test_a_month_that_is_not_added_up_is_turned_down_where_xero_would_make_two_journals() -> None:
    kind = KINDS["import"]
    earlier = "".join(line.replace("28/02", "27/02") for line in IMPORT.splitlines(keepends=True)[-2:])
    with pytest.raises(BrokenRuleError, match="RR-202502-000002 became two journals"):
        kind.reparse(with_manifests(kind, (IMPORT + earlier).encode(), debits="100.02", said={"journals": 3}), OF)


@pytest.mark.parametrize(
    ("name", "journals"), [("import", 151), ("quickbooks", 500), ("netsuite", 12_501)], ids=["300", "1,000", "25,000"]
)
def test_a_file_of_too_many_rows_is_turned_down(name: str, journals: int) -> None:
    kind = KINDS[name]
    *_, debit, credit = kind.sound.splitlines(keepends=True)
    header = kind.sound.splitlines(keepends=True)[0]
    lines = [line.replace("-000002", f"-{number:06}") for number in range(1, journals + 1) for line in (debit, credit)]
    with pytest.raises(BrokenRuleError, match=r"has \d+ rows, more than"):
        kind.reparse(with_manifests(kind, "".join([header, *lines]).encode()), OF)
    fewer = with_manifests(kind, "".join([header, *lines[:-2]]).encode(), debits=f"{(journals - 1) / 100:.2f}")
    assert len(kind.reparse(fewer, OF)) == journals - 1


def test_a_file_of_too_many_bytes_is_turned_down() -> None:
    kind = KINDS["netsuite"]
    too_long = kind.sound.replace("Acme,FALSE", "A" * 17_000_000 + ",FALSE")
    with pytest.raises(BrokenRuleError, match=r"has \d+ bytes, more than 50000000"):
        kind.reparse(with_manifests(kind, too_long.encode()), OF)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    "rename",
    [{"default-USD": "default-EUR"}, {".csv": "-002.csv"}, {".manifest.json": ".json"}],
    ids=["another ledger", "a part alone", "no manifest"],
)
def test_files_of_other_names_are_turned_down(name: str, rename: dict[str, str]) -> None:
    ((old, new),) = rename.items()
    files = {file.replace(old, new): content for file, content in sound(name).items()}
    with pytest.raises(BrokenRuleError, match=r"files are named|beside"):
        KINDS[name].reparse(files, OF)


def test_without_xero_the_generic_file_has_no_codes() -> None:
    lines = [line.rpartition(",")[0] for line in GENERIC.splitlines()]
    plain = with_manifests(KINDS["generic"], ("\n".join(lines) + "\n").encode(), debits="140.01")
    assert len(generic.reparse(plain, OF, xero=False)) == 2
    with pytest.raises(BrokenRuleError, match="has the header"):
        generic.reparse(plain, OF)
