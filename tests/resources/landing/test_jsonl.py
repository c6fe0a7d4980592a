"""JSONL files, well formed and not."""

import json
import sys
from typing import TYPE_CHECKING

import pytest

from revrec.schemas import INVOICES

if TYPE_CHECKING:
    from tests.resources.landing.conftest import Landing

T = "2025-01-01T00:00:00Z"
GOOD = json.dumps({"id": "c1", "legal_name": "Acme", "updated_at": T})

WELL_FORMED = {
    "one object": GOOD,
    "windows line ends": f"{GOOD}\r\n",
    "byte order mark": f"\ufeff{GOOD}\n",
    "blanks around": f"  {GOOD}\t\n",
    "escapes": GOOD.replace("Acme", "\\u0041cme"),
    "an unknown key": GOOD.replace("}", ', "tags": ["a", {"b": 1}]}'),
    "brackets in a text": GOOD.replace("}", ', "note": "[{"}'),
}


@pytest.mark.parametrize("content", WELL_FORMED.values(), ids=WELL_FORMED.keys())
def test_a_well_formed_line_is_read(landing: "Landing", content: str) -> None:
    landing.put("a.jsonl", content)
    read = landing.read()

    assert read.rejections == []
    assert [(row["id"], row["legal_name"], row["landed_row"]) for row in read.rows] == [("c1", "Acme", 1)]


BAD_LINES = {
    "null": ("null", "the line is not a JSON object"),
    "a list": ("[1]", "the line is not a JSON object"),
    "text": ("hello", "the line is not JSON: Expecting value"),
    "cut short": (GOOD[:-1], "the line is not JSON: Expecting ',' delimiter"),
    "two objects": (GOOD + GOOD, "the line is not JSON: Extra data"),
    "an object and null": (GOOD + " null", "the line is not JSON: Extra data"),
    "a key twice": (GOOD.replace("}", ', "id": "c2"}'), "the line is not JSON: a key stands twice in one object"),
    "not a number": (GOOD.replace('"Acme"', "NaN"), "the line is not JSON: NaN is not a JSON value"),
    "a nested value": (GOOD.replace('"Acme"', '{"en": "Acme"}'), "legal_name holds a list or an object"),
    "a list value": (GOOD.replace('"c1"', '["c1"]'), "id holds a list or an object where text is expected"),
    "nested without end": ('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
    "a NUL byte": (GOOD.replace("Acme", "A\x00"), "the line is not JSON: Invalid control character"),
}


@pytest.mark.parametrize(("line", "reason"), BAD_LINES.values(), ids=BAD_LINES.keys())
@pytest.mark.parametrize("first", [True, False], ids=["first line", "later line"])
def test_a_bad_line_costs_itself_only(landing: "Landing", line: str, reason: str, first: bool) -> None:
    other = GOOD.replace("c1", "c9")
    landing.put("a.jsonl", "\n".join([line, other] if first else [other, "", line, ""]))
    read = landing.read()

    assert read.ids == ["c9"]
    [rejection] = read.rejections
    assert rejection.row == (1 if first else 3)
    assert reason in rejection.reason
    assert rejection.record == {"": line}
    assert read.counts == [(2, 1, 1, 0)]


def test_half_a_surrogate_pair_is_not_text(landing: "Landing") -> None:
    landing.put("a.jsonl", GOOD.replace("Acme", "\\ud800") + "\n" + GOOD.replace("c1", "c2"))
    read = landing.read()

    assert read.ids == ["c2"]
    assert read.reasons == [(1, "legal_name", "legal_name is not valid UTF-8")]


def test_bytes_that_are_not_utf8_cost_their_line_only(landing: "Landing") -> None:
    landing.put(
        "a.jsonl", GOOD.replace("Acme", "Caf\xe9").encode("latin-1") + b"\n" + GOOD.replace("c1", "c2").encode()
    )
    read = landing.read()

    assert read.ids == ["c2"]
    assert (read.rejections[0].field, read.rejections[0].value) == ("legal_name", "Caf\\xe9")


@pytest.mark.parametrize(
    ("number", "minor"), [("0.10", 10), ("1200.50", 120_050), ("-3", -300), ("999999999999.99", 10**14 - 1)]
)
def test_an_amount_given_as_a_number_keeps_its_digits(landing: "Landing", number: str, minor: int) -> None:
    landing.dataset, landing.month = INVOICES, "2025-01"
    landing.put("a.jsonl", _invoice().replace('"1.00"', number))

    assert landing.read().rows[0]["net_total_minor"] == minor


@pytest.mark.parametrize("number", ["0.105", "1e2", "1.0E+2", "9" * 5000])
def test_a_number_that_is_no_amount_is_rejected_with_its_digits(landing: "Landing", number: str) -> None:
    landing.dataset, landing.month = INVOICES, "2025-01"
    landing.put("a.jsonl", _invoice().replace('"1.00"', number))
    [rejection] = landing.read().rejections

    assert rejection.record["net_total"] == number


def test_the_record_of_a_bad_line_holds_what_revrec_does_not_know(landing: "Landing") -> None:
    landing.put("a.jsonl", GOOD.replace("Acme", "").replace("}", ', "tags": ["a"], "vip": true, "n": null}'))
    [rejection] = landing.read().rejections

    assert rejection.record == {
        "id": "c1", "legal_name": None, "updated_at": T, "tags": '["a"]', "vip": "true", "n": None
    }  # fmt: skip


def test_nesting_at_the_edge_of_what_python_reads_costs_no_other_line(landing: "Landing") -> None:
    depths = range(sys.getrecursionlimit() - 150, sys.getrecursionlimit() + 10)
    lines = [GOOD.replace("Acme", "").replace("}", f', "x": {"[" * depth}{"]" * depth}}}') for depth in depths]
    landing.put("a.jsonl", "\n".join([*lines, GOOD.replace("c1", "c2")]))
    read = landing.read()

    assert read.ids == ["c2"]
    assert [row for row, _, _ in read.reasons] == list(range(1, len(lines) + 1))
    assert {field for _, field, _ in read.reasons} == {"", "legal_name"}  # both sides of the edge were met


def test_an_empty_file_is_a_file_without_rows(landing: "Landing") -> None:
    landing.put("a.jsonl", "")

    assert landing.read().counts == [(0, 0, 0, 0)]


def test_lines_are_counted_across_blocks_and_an_endless_line_costs_itself_only(landing: "Landing") -> None:
    lines = [GOOD.replace("c1", f"c{number}").replace("Acme", "x" * 80) for number in range(1, 80_001)]
    lines[70_000] = "null"
    lines[40_000] = '{"id": "' + "y" * 20_000_000 + '"}'
    landing.put("a.jsonl", "\n".join(lines))
    read = landing.read()

    assert [(row, reason) for row, _, reason in read.reasons] == [
        (40_001, "the line is longer than 8,388,608 bytes"),
        (70_001, "the line is not a JSON object"),
    ]
    assert all(row["landed_row"] == int(row["id"][1:]) for row in read.rows)
    assert read.counts == [(80_000, 79_998, 2, 0)]


def _invoice() -> str:
    values = {"id": "i1", "invoice_number": "1", "customer_id": "c1", "status": "SENT", "currency": "USD"}
    return json.dumps({**values, "accounting_date": "2025-01-01", "net_total": "1.00", "updated_at": T})
