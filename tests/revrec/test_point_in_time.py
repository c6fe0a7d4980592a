"""POINT_IN_TIME, and the registry of methods."""

import numpy as np
import pytest

from revrec.arrays import DateArray, Int64Array
from revrec.methods import METHODS, RELEASED, RecognitionMethod
from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.methods.point_in_time import point_in_time
from revrec.methods.straight_line import straight_line
from revrec.methods.terms import ObligationTerms, RecognitionRule, TermsError

RULE = RecognitionRule(AllocationStrategy.DAILY_RATE_EVEN_MONTHS, Residue.LAST_MONTH)
RECOGNITION, START, END, ACCOUNTING = "2025-02-10", "2025-01-01", "2025-03-31", "2025-04-05"


def amounts(*values: int) -> Int64Array:
    return np.array(values, dtype=np.int64)


def days(*texts: str) -> DateArray:
    return np.array(texts, dtype="datetime64[D]")


def terms(amount: int, recognition: str, start: str, end: str, accounting: str) -> ObligationTerms:
    return ObligationTerms(amounts(amount), days(start), days(end), days(recognition), days(accounting))


def test_the_whole_amount_is_one_run_of_one_day() -> None:
    runs = point_in_time(amounts(15_500, -20_00), days("2025-02-28", "2024-12-31"))
    assert runs.obligation.tolist() == [0, 1]
    assert runs.month.astype(str).tolist() == ["2025-02", "2024-12"]
    assert runs.first_day.astype(str).tolist() == ["2025-02-28", "2024-12-31"]
    assert runs.days.tolist() == [1, 1]
    assert runs.amount_minor.tolist() == [15_500, -20_00]
    assert runs.daily_minor.tolist() == [15_500, -20_00]


def test_a_zero_amount_has_no_run() -> None:
    runs = point_in_time(amounts(1, 0, -1), days("2025-01-01", "2025-01-02", "2025-01-03"))
    assert runs.obligation.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("recognition", "end", "accounting", "day"),
    [
        (RECOGNITION, END, ACCOUNTING, RECOGNITION),
        ("NaT", END, ACCOUNTING, END),
        ("NaT", "NaT", ACCOUNTING, ACCOUNTING),
        (RECOGNITION, "NaT", "NaT", RECOGNITION),
    ],
    ids=["recognition-date", "else-service-end", "else-accounting-date", "recognition-date-alone"],
)
def test_the_day_is_the_recognition_date_else_the_service_end_else_the_accounting_date(
    recognition: str, end: str, accounting: str, day: str
) -> None:
    start = "NaT" if end == "NaT" else START
    runs = METHODS[RecognitionMethod.POINT_IN_TIME](terms(99, recognition, start, end, accounting), RULE)
    assert runs.first_day.astype(str).tolist() == [day]
    assert runs.amount_minor.tolist() == [99]


def test_an_obligation_without_any_date_is_refused() -> None:
    with pytest.raises(TermsError, match=r"no date to recognize on.*12345"):
        METHODS[RecognitionMethod.POINT_IN_TIME](terms(12_345, "NaT", "NaT", "NaT", "NaT"), RULE)


def test_every_recognition_method_is_in_the_registry() -> None:
    assert set(METHODS) == set(RecognitionMethod)


@pytest.mark.parametrize("method", sorted(set(RecognitionMethod) - RELEASED))
def test_every_registered_method_earns_the_whole_amount_of_complete_terms(method: RecognitionMethod) -> None:
    runs = METHODS[method](terms(-1_000_01, RECOGNITION, START, END, ACCOUNTING), RULE)
    assert int(runs.amount_minor.sum()) == -1_000_01


@pytest.mark.parametrize("method", sorted(RELEASED))
def test_what_other_documents_release_earns_nothing_by_itself(method: RecognitionMethod) -> None:
    assert len(METHODS[method](terms(-1_000_01, RECOGNITION, START, END, ACCOUNTING), RULE)) == 0


@pytest.mark.parametrize("method", RecognitionMethod)
def test_every_registered_method_takes_no_obligations_at_all(method: RecognitionMethod) -> None:
    runs = METHODS[method](ObligationTerms(amounts(), days(), days(), days(), days()), RULE)
    assert len(runs) == 0
    assert runs.obligation.dtype == np.int32
    assert runs.month.dtype == np.dtype("datetime64[M]")


def test_the_registry_passes_the_rule_to_the_straight_line() -> None:
    rule = RecognitionRule(AllocationStrategy.EVEN_PERIODS, Residue.LAST_FULL_MONTH)
    registered = METHODS[RecognitionMethod.STRAIGHT_LINE](
        terms(100_01, RECOGNITION, "2025-01-15", END, ACCOUNTING), rule
    )
    direct = straight_line(amounts(100_01), days("2025-01-15"), days(END), rule.strategy, rule.residue)
    assert registered.amount_minor.tolist() == direct.amount_minor.tolist() == [3333, 3333, 3335]
