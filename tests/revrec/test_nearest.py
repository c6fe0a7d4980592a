"""What an error suggests for a name that nothing has."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.nearest import nearest

JOURNALS = [f"RR-202501-{number:06}" for number in range(1, 400)]


@pytest.mark.parametrize(
    ("wanted", "known", "said"),
    [
        pytest.param("inv_1O", ["inv_10", "inv_77", "cus_1"], " (did you mean inv_10 or inv_77?)", id="O for 0"),
        pytest.param("ACME", ["acme", "bolt"], " (did you mean acme?)", id="another case"),
        pytest.param("Acme", ["Acme Holding International", "Bolt"], " (did you mean Acme Holding International?)",
                     id="not typed to its end"),
        pytest.param("invoice", ["xero", "netsuite"], "", id="nothing is similar"),
        pytest.param("xeor", ["generic", "xero", "quickbooks"], " (did you mean xero?)", id="two letters swapped"),
        pytest.param("RR-202501-00012", JOURNALS,
                     " (did you mean RR-202501-000012, RR-202501-000102 or RR-202501-000112?)", id="a digit too few"),
        pytest.param("", ["acme"], "", id="nothing was typed"),
        pytest.param("acme", ["", "  "], "", id="names of nothing"),
        pytest.param("acme", [], "", id="nothing is known"),
    ],
)  # fmt: skip
def test_names_that_were_likely_meant_are_said(wanted: str, known: list[str], said: str) -> None:
    assert nearest(wanted, known) == said


@given(known=st.lists(st.text(max_size=12), max_size=20), wanted=st.text(max_size=12), seed=st.integers())
def test_the_order_of_the_known_names_makes_no_difference(known: list[str], wanted: str, seed: int) -> None:
    shuffled = [*known, *known[:3]]
    random.Random(seed).shuffle(shuffled)
    assert nearest(wanted, shuffled) == nearest(wanted, known)


def test_a_name_that_is_nearly_right_is_found_among_a_hundred_thousand() -> None:
    known = (f"cus_{number:08}" for number in range(100_000))
    assert "cus_00054321" in nearest("cus_0054321", known)


def test_names_too_long_for_a_line_are_not_suggested() -> None:
    assert nearest("acme" + "x" * 1_000_000, ["acme" + "x" * 1_000_000 + "y", "bolt"]) == ""


def test_names_that_would_act_on_a_terminal_are_not_suggested() -> None:
    assert nearest("acme", ["acme\x1b[2J", "acme inc"]) == " (did you mean acme inc?)"
