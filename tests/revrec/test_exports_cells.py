"""Cells of export files: quoting, formulas, dates."""

import csv
import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from revrec.exports.cells import date_cells, header_line, text_cell, text_cells


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("Acme Inc", "Acme Inc"),
        ("", ""),
        (" spaced ", " spaced "),
        ("O'Neill; Sons", "O'Neill; Sons"),
        ("Zürich 東京 🙂", "Zürich 東京 🙂"),
        ("a,b", '"a,b"'),
        ('the "Pro" plan', '"the ""Pro"" plan"'),
        ("two\nlines", '"two\nlines"'),
        ("two\r\nlines", '"two\r\nlines"'),
        ('"', '""""'),
    ],
)
def test_text_stands_in_quotes_only_where_csv_needs_them(text: str, cell: str) -> None:
    assert text_cell(text) == cell


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-discount", "'-discount"),
        ("@sum", "'@sum"),
        ("\tx", "'\tx"),
        ("\rx", '"\'\rx"'),
        ("\nx", '"\'\nx"'),
        ("\x00x", "'\x00x"),
        ("＝1+1", "'＝1+1"),
        ("  =1+1", "'  =1+1"),
        (" \t@sum", "' \t@sum"),
        ('=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'),
        # Not a formula: the text itself starts with a quote or an apostrophe, or the operator stands inside.
        ('"=1+1"', '"""=1+1"""'),
        ("'=1+1", "'=1+1"),
        ("a=1", "a=1"),
        ("INV-1", "INV-1"),
        ("a\tb", "a\tb"),
    ],
)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str, cell: str) -> None:
    assert text_cell(text) == cell


@given(st.lists(st.text(), min_size=1))
@example(["\x85=", "\u00a0=", "\u3000+", "\x0b-", "\x1c@"])
def test_a_reader_gets_every_text_back_but_for_the_apostrophe(texts: list[str]) -> None:
    written = ",".join(text_cells(pa.array(texts)).to_pylist())
    (read,) = csv.reader(io.StringIO(written, newline=""), strict=True) if written else ([""],)
    assert [cell.removeprefix("'") for cell in read] == [text.removeprefix("'") for text in texts]
    assert not any(cell.lstrip().startswith(tuple("=+-@＝＋－＠")) for cell in read)


def test_dictionaries_are_read_as_their_texts() -> None:
    labels = pa.array(["=a", "b", "=a"]).dictionary_encode()
    assert text_cells(labels).to_pylist() == ["'=a", "b", "'=a"]


@pytest.mark.parametrize(
    ("date_format", "cells"),
    [
        (None, ["2025-01-31", "2025-12-01"]),
        ("%d/%m/%Y", ["31/01/2025", "01/12/2025"]),
        ("%m/%d/%Y", ["01/31/2025", "12/01/2025"]),
        ("%d %b, %Y", ['"31 Jan, 2025"', '"01 Dec, 2025"']),
    ],
)
def test_dates_follow_the_format_and_are_iso_without_one(date_format: str | None, cells: list[str]) -> None:
    days = np.array(["2025-01-31", "2025-12-01"], dtype="datetime64[D]")
    assert date_cells(days, date_format).to_pylist() == cells


def test_a_header_is_quoted_where_needed_and_never_neutralised() -> None:
    assert header_line(["*JournalNo", "Debit, net", "-"]) == b'*JournalNo,"Debit, net",-\n'
