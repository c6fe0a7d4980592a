"""How an explanation reads: a tree in a terminal, plain lines in a pipe, and nothing in it acts on the terminal."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from assets.explain import Explanation
from revrec_dagster.command_line import printable
from revrec_dagster.explanation_text import show

LANDED = {"landed_file": "landing/invoices/2025-01/a.csv", "landed_row": 2, "landed_at": "", "sha256": ""}
ROW = Explanation(
    kind="report row",
    subject="trial_balance of 2025-01, billed",
    ledger="default-USD",
    status="2025-01 is open: the number is provisional",
    figures=[
        {
            "figure": "closing",
            "amount": "3.00 USD",
            "made_of": "journals",
            "parts": 1_200,
            "brought_forward": "1.00 USD",
            "adds_up_to": "3.00 USD",
            "agrees": True,
        }
    ],
    lines=[
        {
            "line": "li_1",
            "amount": "1.00 USD",
            "disposition": "NOT_POSTED",
            "reason": "invoice is DRAFT",
            "obligation_id": "",
            **LANDED,
        }
    ],
    in_all={"lines": 2},
)
PLAIN = """\
report row trial_balance of 2025-01, billed; ledger default-USD; 2025-01 is open: the number is provisional
  closing 3.00 USD: adds up from 1,200 journals and 1.00 USD brought forward
  line li_1, 1.00 USD, not posted: invoice is DRAFT; landing/invoices/2025-01/a.csv row 2, landed -
  the largest 1 of 2 lines: --most tells of more
"""


def test_in_a_pipe_each_line_is_whole_and_plain(capsys: pytest.CaptureFixture[str]) -> None:
    show([ROW, ROW], Console(force_terminal=False, width=20))
    assert capsys.readouterr().out == f"{PLAIN}\n{PLAIN}"


def test_in_a_terminal_it_is_a_tree_with_colours() -> None:
    shown = io.StringIO()
    show([ROW], Console(file=shown, force_terminal=True, width=120, color_system="standard", legacy_windows=False))
    assert "└── " in shown.getvalue()
    assert "\x1b[32mclosing 3.00 USD: adds up from 1,200 journals" in shown.getvalue()


def test_a_figure_that_its_parts_do_not_add_up_to_says_both_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    show([replace(ROW, figures=[{**ROW.figures[0], "adds_up_to": "2.00 USD", "agrees": False}])])
    said = capsys.readouterr().out
    assert "closing 3.00 USD: 1,200 journals and 1.00 USD brought forward add up to 2.00 USD" in said
    assert "run the month again" in said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Acme \x1b[2J Inc", r"Acme \x1b[2J Inc", id="an escape sequence"),
        pytest.param("a\nb\u2028c", r"a\nb\u2028c", id="line breaks"),
        pytest.param("\u202eevil", r"\u202eevil", id="text written backwards"),
        pytest.param("[red]株式会社 Zürich[/red]", "[red]株式会社 Zürich[/red]", id="names and brackets as they are"),
    ],
)
def test_names_cannot_act_on_the_terminal(text: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert printable(text) == shown
    terminal = io.StringIO()
    show([replace(ROW, subject=text)], Console(file=terminal, force_terminal=True, width=200, color_system=None))
    show([replace(ROW, subject=text)], Console(force_terminal=False))
    assert shown in terminal.getvalue()
    assert shown in capsys.readouterr().out
