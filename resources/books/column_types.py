"""Column types that keep a value exactly, and alike on SQLite and PostgreSQL.

What belongs here: types whose plain counterpart loses something on one of the two databases. What does not: tables.
"""

import operator
from datetime import UTC, datetime
from typing import SupportsIndex

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from revrec.errors import RevrecError

_MAX_INT64 = 2**63 - 1


class InexactIntegerError(RevrecError, TypeError):
    """A count or an amount of minor units is not an integer of 64 bits."""


class NaiveTimestampError(RevrecError, ValueError):
    """A timestamp has no time zone, so that nobody knows which moment it means."""


class ExactInteger(TypeDecorator[int]):
    """A count, or money in minor units: int64 on both databases.

    SQLite would keep a float as a float, and a numpy integer as bytes.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: SupportsIndex | None, dialect: Dialect) -> int | None:
        """Take Python and numpy integers within 64 bits.

        Raises:
            InexactIntegerError: It is anything else.
        """
        if value is None:
            return None
        try:
            exact = operator.index(value)
        except TypeError:
            raise InexactIntegerError(f"{value!r} is not an integer: give a count, or money in minor units") from None
        if not -_MAX_INT64 - 1 <= exact <= _MAX_INT64:
            raise InexactIntegerError(
                f"{exact} does not fit 64 bits: record parts of it, or find the amount that is wrong"
            )
        return exact


class UtcTimestamp(TypeDecorator[datetime]):
    """A moment: written from any time zone, read as aware UTC.

    SQLite has no time zones, so there the UTC time is kept without one.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC.

        Raises:
            NaiveTimestampError: It has no time zone.
        """
        if value is None:
            return None
        if value.utcoffset() is None:
            raise NaiveTimestampError(
                f"the timestamp {value.isoformat()} has no time zone: give an aware one, such as UTC"
            )
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC; PostgreSQL answers in the zone of the session."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
