"""The arithmetic of a credit grant that is deferred until consumed (SPEC 3, rule 5)."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from revrec.amendments.drawdowns import Drawdown, Grant, draw_down

DAY = dt.date(2025, 1, 1)


@given(
    price=st.integers(1, 10**6),
    granted=st.integers(1, 10**4),
    steps=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 10**4), st.booleans()), max_size=15),
    expiry=st.none() | st.integers(0, 300),
)
def test_parts_never_earn_more_than_the_price_and_expiry_leaves_nothing(
    price: int, granted: int, steps: list[tuple[int, int, bool]], expiry: int | None
) -> None:
    end = None if expiry is None else DAY + dt.timedelta(expiry)
    drawdowns = [
        Drawdown(DAY + dt.timedelta(day), amount, gives_back=back)
        for day, amount, back in sorted(steps, key=lambda step: (step[0], step[2]))
    ]
    grant = Grant("g", "USD", granted, price, DAY, end)
    drawn, breakage = draw_down(grant, drawdowns)
    running = 0
    for item in drawn:
        running += item.amount_minor
        assert 0 <= running <= price
    used = sum(
        (-1 if item.gives_back else 1) * item.amount_minor
        for item, result in zip(drawdowns, drawn, strict=True)
        if result.fault is None
    )
    assert 0 <= used <= granted
    assert running == used * price // granted
    if end is not None:
        assert running + sum(item.amount_minor for item in breakage) == price
    else:
        assert breakage == []
