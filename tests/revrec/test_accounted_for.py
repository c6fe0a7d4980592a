"""Every landed row accounted for: sound tables pass, and each way to lose or double a row is seen."""

import pyarrow as pa
import pytest

from revrec import accounted_for
from tests.breakages import Breakage, Rows, also, changed, reconciled, source, twice, without
from tests.builders import allocate, documents

TEXT, NUMBER = pa.string(), pa.int64()
LINE = pa.schema([("id", TEXT), ("kind", TEXT), ("landed_file", TEXT), ("landed_row", NUMBER)])
ALLOCATION = pa.schema([("line_id", TEXT), ("disposition", TEXT), ("reason", TEXT)])
LINE_OBLIGATION = pa.schema([("line_id", TEXT)])
REJECTED = pa.schema([("landed_file", TEXT), ("landed_row", NUMBER)])

# One recognized, one netted, one in quarantine, a minimum fee in two parts.
LINES: dict[str, tuple[Rows, pa.Schema]] = {
    "lines": (
        [
            {"id": f"l{row}", "kind": kind, "landed_file": "a.csv", "landed_row": row}
            for row, kind in enumerate(("CHARGE", "DISCOUNT", "CHARGE", "MINIMUM_FEE"), start=2)
        ],
        LINE,
    ),
    "allocations": (
        [
            {"line_id": "l2", "disposition": "RECOGNIZED", "reason": ""},
            {"line_id": "l3", "disposition": "NETTED", "reason": "netted into l2"},
            {"line_id": "l5", "disposition": "RECOGNIZED", "reason": ""},
            {"line_id": "l5", "disposition": "RECOGNIZED", "reason": ""},
        ],
        ALLOCATION,
    ),
    "obligations": ([{"line_id": "l2"}, {"line_id": "l5"}, {"line_id": "l5"}], LINE_OBLIGATION),
    "rejected": ([{"landed_file": "a.csv", "landed_row": 4}, {"landed_file": "a.csv", "landed_row": 4}], REJECTED),
}
ACCOUNTED = {
    "lines": 4,
    "with_obligation": 2,
    "excluded": 1,
    "quarantined": 1,
    "unaccounted": 0,
    "accounted_twice": 0,
    "without_reason": 0,
    "never_landed": 0,
}


def lines_accounted_for(table: str = "", breakage: Breakage = lambda rows: rows) -> dict[str, int]:
    sources = [source(breakage(rows) if name == table else rows, schema) for name, (rows, schema) in LINES.items()]
    [counts] = reconciled(accounted_for.lines_accounted_for, *sources)
    return counts


def test_sound_lines_are_each_accounted_for_once() -> None:
    assert lines_accounted_for() == ACCOUNTED


@pytest.mark.parametrize(
    ("table", "breakage", "figure"),
    [
        pytest.param("obligations", without(0), "unaccounted", id="an obligation is lost"),
        pytest.param("allocations", without(1), "unaccounted", id="an exclusion is lost"),
        pytest.param("rejected", lambda rows: [], "unaccounted", id="a row in quarantine is lost"),
        pytest.param("obligations", twice(0), "accounted_twice", id="an obligation stands twice"),
        pytest.param("allocations", twice(1), "accounted_twice", id="an exclusion stands twice"),
        pytest.param("obligations", without(2), "unaccounted", id="a part of a minimum fee is lost"),
        pytest.param("obligations", twice(2), "accounted_twice", id="a part of a minimum fee stands twice"),
        pytest.param("lines", changed(3, kind="CHARGE"), "accounted_twice", id="parts of what is not a minimum fee"),
        pytest.param(
            "obligations",
            lambda rows: [row for row in rows if row["line_id"] != "l5"],
            "unaccounted",
            id="all of a minimum fee is lost",
        ),
        pytest.param("obligations", also(line_id="l3"), "accounted_twice", id="excluded and recognized all the same"),
        pytest.param("rejected", also(landed_row=2), "accounted_twice", id="in quarantine and recognized all the same"),
        pytest.param("allocations", changed(1, reason=""), "without_reason", id="an exclusion without a reason"),
        pytest.param("obligations", also(line_id="l9"), "never_landed", id="an obligation of a line nobody landed"),
        pytest.param("allocations", also(line_id="l9"), "never_landed", id="an allocation of a line nobody landed"),
    ],
)
def test_a_line_that_is_not_accounted_for_once_is_seen(table: str, breakage: Breakage, figure: str) -> None:
    counts = lines_accounted_for(table, breakage)
    laws = ("unaccounted", "accounted_twice", "without_reason", "never_landed")
    assert {name: counts[name] for name in laws} == dict.fromkeys(laws, 0) | {figure: 1}


def test_no_lines_are_all_accounted_for() -> None:
    empty = [source([], schema) for _, schema in LINES.values()]
    assert reconciled(accounted_for.lines_accounted_for, *empty) == [dict.fromkeys(ACCOUNTED, 0)]


def test_the_chain_from_documents_to_obligations_ties() -> None:
    landed = documents(
        """
        line | invoice | group | product  | amount  | kind
        l1   | sent    | a     | platform | 1200.00 | CHARGE
        l2   | sent    | a     | platform | -120.00 | DISCOUNT
        l3   | sent    | b     |          | -80.01  | DISCOUNT
        l4   | draft   | a     | platform | 300.00  | CHARGE
        l5   | bad     | a     | legacy   | 10.00   | CHARGE
        l6   | topped  | a     | api      | 30.00   | CHARGE
        l7   | topped  | a     | support  | 10.00   | CHARGE
        l8   | topped  | a     |          | 20.00   | MINIMUM_FEE
        """,
        invoices={"draft": {"status": "DRAFT"}},
    )
    result = allocate(landed)
    allocations = list(result.rows.values())
    recognized = [row for row in allocations if row["disposition"] == "RECOGNIZED"]
    rejected = [
        {"landed_file": item.file, "landed_row": item.row}
        for item in result.rejections
        if item.dataset == "invoice_line_items"
    ]
    lines = next(iter(landed.lines)).to_pylist()
    [counts] = reconciled(
        accounted_for.lines_accounted_for,
        source([{name: row[name] for name in LINE.names} for row in lines], LINE),
        source([{name: row[name] for name in ALLOCATION.names} for row in allocations], ALLOCATION),
        source([{"line_id": row["line_id"]} for row in recognized], LINE_OBLIGATION),
        source(rejected, REJECTED),
    )
    assert counts == ACCOUNTED | {"lines": 8, "with_obligation": 4, "excluded": 3}


LANDED = pa.schema([("dataset", TEXT), ("landed_file", TEXT), ("landed_row", NUMBER)])
AMENDMENT = pa.schema([*LANDED, ("disposition", TEXT), ("reason", TEXT)])
# Of four credit note lines one bears on two obligations, one stands for itself, one is excluded, one in quarantine.
DOCUMENTS: dict[str, tuple[Rows, pa.Schema]] = {
    "landed": (
        [
            *({"dataset": "credit_note_line_items", "landed_file": "n.csv", "landed_row": row} for row in range(2, 6)),
            {"dataset": "usage", "landed_file": "u.csv", "landed_row": 2},
        ],
        LANDED,
    ),
    "amendments": (
        [
            {"landed_file": "n.csv", "landed_row": 2, "disposition": "APPLIED", "reason": ""},
            {"landed_file": "n.csv", "landed_row": 2, "disposition": "APPLIED", "reason": ""},
            {"landed_file": "n.csv", "landed_row": 3, "disposition": "STANDALONE", "reason": ""},
            {"landed_file": "n.csv", "landed_row": 4, "disposition": "NOT_POSTED", "reason": "note is a draft"},
            {"landed_file": "u.csv", "landed_row": 2, "disposition": "TAKEN_OVER", "reason": ""},
        ],
        AMENDMENT,
    ),
    "rejected": ([{"landed_file": "n.csv", "landed_row": 5}, {"landed_file": "n.csv", "landed_row": 5}], REJECTED),
}
NOTES = {
    "dataset": "credit_note_line_items",
    "rows": 4,
    "amending": 2,
    "excluded": 1,
    "quarantined": 1,
    "unaccounted": 0,
    "accounted_twice": 0,
    "without_reason": 0,
}
USAGE = {**NOTES, "dataset": "usage", "rows": 1, "amending": 1, "excluded": 0, "quarantined": 0}


def documents_accounted_for(table: str = "", breakage: Breakage = lambda rows: rows) -> Rows:
    sources = [source(breakage(rows) if name == table else rows, schema) for name, (rows, schema) in DOCUMENTS.items()]
    return reconciled(accounted_for.documents_accounted_for, *sources)


def test_sound_documents_are_each_accounted_for_once_per_dataset() -> None:
    assert documents_accounted_for() == [NOTES, USAGE]


@pytest.mark.parametrize(
    ("table", "breakage", "dataset", "figure"),
    [
        pytest.param("amendments", without(2), "credit_note_line_items", "unaccounted", id="a standalone line is lost"),
        pytest.param("amendments", without(3), "credit_note_line_items", "unaccounted", id="an exclusion is lost"),
        pytest.param("amendments", without(4), "usage", "unaccounted", id="usage that was taken over is lost"),
        pytest.param(
            "rejected", lambda rows: [], "credit_note_line_items", "unaccounted", id="a row in quarantine is lost"
        ),
        pytest.param(
            "rejected", also(landed_row=2), "credit_note_line_items", "accounted_twice", id="in quarantine and applied"
        ),
        pytest.param(
            "rejected", also(landed_row=4), "credit_note_line_items", "accounted_twice", id="in quarantine and excluded"
        ),
        pytest.param(
            "amendments",
            changed(3, reason=""),
            "credit_note_line_items",
            "without_reason",
            id="an exclusion without a reason",
        ),
        pytest.param(
            "landed", also(landed_row=9), "credit_note_line_items", "unaccounted", id="a landed row nobody looked at"
        ),
    ],
)
def test_a_document_that_is_not_accounted_for_once_is_seen(
    table: str, breakage: Breakage, dataset: str, figure: str
) -> None:
    laws = ("unaccounted", "accounted_twice", "without_reason")
    found = {row["dataset"]: {name: row[name] for name in laws} for row in documents_accounted_for(table, breakage)}
    sound = dict.fromkeys(laws, 0)
    assert found == dict.fromkeys(("credit_note_line_items", "usage"), sound) | {dataset: sound | {figure: 1}}


def test_an_obligation_that_a_row_changes_and_one_that_it_does_not_are_one_row() -> None:
    """A credit note line split over two obligations, one of which has nothing left to credit."""
    also_excluded = also(landed_row=2, disposition="NOTHING_TO_RECOGNIZE", reason="nothing is left")
    [notes, _] = documents_accounted_for("amendments", also_excluded)
    assert (notes["unaccounted"], notes["accounted_twice"]) == (0, 0)


def test_no_documents_are_all_accounted_for() -> None:
    assert (
        reconciled(accounted_for.documents_accounted_for, *(source([], schema) for _, schema in DOCUMENTS.values()))
        == []
    )
