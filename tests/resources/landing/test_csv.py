"""CSV files, well formed and not."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.resources.landing.conftest import Landing

T = "2025-01-01T00:00:00Z"
HEADER = "id,legal_name,updated_at\n"
UNCLOSED = "the row opens a quote that is never closed"

WELL_FORMED = {
    "unix line ends": f"{HEADER}c1,Acme,{T}\nc2,Bolt,{T}\n",
    "no line end at the end": f"{HEADER}c1,Acme,{T}\nc2,Bolt,{T}",
    "windows line ends": f"{HEADER}c1,Acme,{T}\nc2,Bolt,{T}\n".replace("\n", "\r\n"),
    "old macintosh line ends": f"{HEADER}c1,Acme,{T}\nc2,Bolt,{T}\n".replace("\n", "\r"),
    "byte order mark": f"\ufeff{HEADER}c1,Acme,{T}\nc2,Bolt,{T}\n",
    "everything quoted": f'"id","legal_name","updated_at"\n"c1","Acme","{T}"\n"c2","Bolt","{T}"\n',
    "columns in another order": f"updated_at,id,legal_name\n{T},c1,Acme\n{T},c2,Bolt\n",
    "unknown columns": f"crm,id,legal_name,updated_at,crm\nx,c1,Acme,{T},y\n,c2,Bolt,{T},\n",
    "line breaks in unknown columns": f'{HEADER[:-1]},note\nc1,Acme,{T},"two\nlines"\nc2,Bolt,{T},"three\n\nlines"\n',
}


@pytest.mark.parametrize("content", WELL_FORMED.values(), ids=WELL_FORMED.keys())
def test_a_well_formed_file_is_read_whole(landing: "Landing", content: str) -> None:
    landing.put("a.csv", content)
    read = landing.read()

    assert read.rejections == []
    assert [(row["id"], row["legal_name"], row["landed_row"]) for row in read.rows] == [
        ("c1", "Acme", 2),
        ("c2", "Bolt", 3),
    ]


def test_commas_and_quotes_in_quotes_are_text(landing: "Landing") -> None:
    landing.put_customers("a.csv", f'c1,"Acme, ""The"" Inc",{T}', f'c2,5" Pipes,{T}')

    assert [row["legal_name"] for row in landing.read().rows] == ['Acme, "The" Inc', '5" Pipes']


def test_rows_are_counted_as_a_person_sees_the_file(landing: "Landing") -> None:
    landing.put_customers(
        "a.csv", f"c1,Acme,{T}", "", ",,", "too,few", "", f"c2,,{T}", f"c3,Bolt,{T}", "c4,too,many,of"
    )
    read = landing.read()

    assert [(row["id"], row["landed_row"]) for row in read.rows] == [("c1", 2), ("c3", 8)]
    assert read.reasons == [
        (5, "", "the row has 2 columns, the header has 3"),
        (7, "legal_name", "legal_name is missing, and every row must have one"),
        (9, "", "the row has 4 columns, the header has 3"),
    ]
    assert read.rejections[0].record == {"": "too,few"}
    assert read.counts == [(5, 2, 3, 0)]  # blank rows hold nothing that could be lost


def test_bytes_that_are_not_utf8_cost_their_row_only(landing: "Landing") -> None:
    rows = [f"c1,Caf\xe9,{T}", f"c2,Bolt,{T}", "c3,\xe9", f"c4,\x00,{T}", f"c5,Dent,{T}"]
    landing.put("a.csv", (HEADER + "\n".join(rows)).encode("latin-1"))
    read = landing.read()

    assert read.ids == ["c2", "c5"]
    assert [(row, field) for row, field, _ in read.reasons] == [(2, "legal_name"), (4, ""), (5, "legal_name")]
    assert read.rejections[0].value == "Caf\\xe9"


UNBALANCED = {
    "in the last row": ([f"c1,A,{T}", f'c2,"B,{T}'], ["c1"], [3]),
    "in the last cell of all": ([f"c1,A,{T}", 'c2,B,"'], ["c1"], [3]),
    "in a row between others": ([f"c1,A,{T}", f'c2,"B,{T}', f"c3,C,{T}"], ["c1", "c3"], [3]),
    "closed by the quotes of the next row": ([f'c1,"A,{T}', f'c2,"B",{T}', f"c3,C,{T}"], ["c2", "c3"], [2]),
    "twice, far apart": ([f'c1,"A,{T}', f"c2,B,{T}", f'c3,"C,{T}', f"c4,D,{T}"], ["c2", "c4"], [2, 4]),
    "with a stray quote before it": ([f'c1,5" A,{T}', f'c2,"B,{T}', f"c3,C,{T}"], ["c1", "c3"], [3]),
}


@pytest.mark.parametrize(("rows", "ids", "bad"), UNBALANCED.values(), ids=UNBALANCED.keys())
def test_a_quote_that_is_never_closed_costs_its_row_only(
    landing: "Landing", rows: list[str], ids: list[str], bad: list[int]
) -> None:
    landing.put_customers("a.csv", *rows)
    read = landing.read()

    assert read.ids == ids
    assert read.reasons == [(row, "", UNCLOSED) for row in bad]
    assert [item.record[""] for item in read.rejections] == [rows[row - 2] for row in bad]


def test_an_unclosed_quote_far_from_the_end_does_not_swallow_the_file(landing: "Landing") -> None:
    rows = [f"c{number},Customer {number},{T}" for number in range(20_000)]
    rows[5] = f'c5,"Customer 5,{T}'
    landing.put_customers("a.csv", *rows)
    read = landing.read()

    assert len(read.rows) == 19_999
    assert read.reasons == [(7, "", UNCLOSED)]


def test_a_line_break_in_a_known_field_is_bad_input(landing: "Landing") -> None:
    landing.put_customers("a.csv", f'c1,"Ac\nme",{T}', f"c2,Bolt,{T}")
    read = landing.read()

    assert [(row["id"], row["landed_row"]) for row in read.rows] == [("c2", 3)]
    assert read.reasons == [(2, "legal_name", "legal_name 'Ac\\nme' holds a line break or another control character")]


def test_a_line_of_a_megabyte_costs_its_row_only(landing: "Landing") -> None:
    landing.put_customers("a.csv", f"c1,{'x' * 1_000_000},{T}", "y" * 300_000, f"c2,Bolt,{T}")
    read = landing.read()

    assert read.ids == ["c2"]
    assert [row for row, _, _ in read.reasons] == [2, 3]


FILE_FAULTS = {
    "nothing in it": ("", "the file is empty and has not even a header", 0),
    "blank lines only": ("\n\n", "the file has no column id, legal_name, updated_at", 0),
    "a column missing": ("id,legal_name\nc1,A\nc2,B\nc3\n", "the file has no column updated_at (rows: 3)", 3),
    "another separator": (f"id;legal_name;updated_at\nc1;A;{T}\n", "the file has no column id, legal_name", 1),
    "no header": (f"c1,A,{T}\nc2,B,{T}\n", "the file has no column id, legal_name, updated_at", 1),
    "a column twice": (f"id,legal_name,updated_at,id\nc1,A,{T},c2\n", "the file has more than one column id", 1),
    "a header with an unclosed quote": (f'id,"legal_name,updated_at\nc1,A,{T}\n', "the file has no column id", 1),
    "UTF-16": (f"{HEADER}c1,A,{T}\n".encode("utf-16"), "the file has no column id, legal_name, updated_at", 2),
}  # fmt: skip


@pytest.mark.parametrize(("content", "reason", "rows"), FILE_FAULTS.values(), ids=FILE_FAULTS.keys())
def test_a_file_without_its_columns_is_refused_whole(
    landing: "Landing", content: str | bytes, reason: str, rows: int
) -> None:
    landing.put("a.csv", content)
    landing.put_customers("b.csv", f"c9,Good,{T}")
    read = landing.read()

    assert read.ids == ["c9"]
    [rejection] = read.rejections
    assert (rejection.row, rejection.value) == (0, "a.csv")
    assert reason in rejection.reason
    assert read.counts[0] == (rows, 0, rows, 0)


@pytest.mark.parametrize("content", [HEADER, HEADER.strip(), f"\ufeff{HEADER}"], ids=["header", "no line end", "mark"])
def test_a_header_alone_is_a_file_without_rows(landing: "Landing", content: str) -> None:
    landing.put("a.csv", content)
    read = landing.read()

    assert (read.rows, read.rejections, read.counts) == ([], [], [(0, 0, 0, 0)])


def test_row_numbers_hold_across_the_blocks_of_a_large_file(landing: "Landing") -> None:
    count = 90_000  # some 11 MB: two blocks
    rows = [f"c{number},{'x' * 80},{T}" for number in range(count)]
    for bad in (10, 70_000, count - 1):
        rows[bad] = "too,few"
    landing.put_customers("a.csv", *rows)
    read = landing.read()

    assert [item.row for item in read.rejections] == [12, 70_002, count + 1]
    assert all(row["landed_row"] == int(row["id"][1:]) + 2 for row in read.rows)
    assert read.counts == [(count, count - 3, 3, 0)]


def test_the_careful_reader_goes_on_where_the_fast_one_gave_up(landing: "Landing") -> None:
    count = 90_000  # the quote stands in the second block, behind rows that were delivered already
    rows = [f"c{number},{'x' * 80},{T}" for number in range(count)]
    rows[5], rows[80_000] = "too,few", f'c80000,"unclosed,{T}'
    landing.put_customers("a.csv", *rows)
    read = landing.read()

    assert [(item.row, item.reason) for item in read.rejections] == [
        (7, "the row has 2 columns, the header has 3"),
        (80_002, UNCLOSED),
    ]
    assert [row["landed_row"] for row in read.rows] == [row for row in range(2, count + 2) if row not in (7, 80_002)]
