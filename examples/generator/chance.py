"""Seeded choices whose sequence does not change with the Python version.

What belongs here: the one source of randomness of the example company. What does not: amounts or dates (their callers
own them).
"""

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Chance:
    """Picks from sequences, the same way for the same seed on every supported Python.

    Only `random.Random.random` is used: it is the one method whose sequence Python promises to keep; `choice`,
    `randint` and `shuffle` may change between versions, and the committed files with them.
    """

    def __init__(self, seed: int) -> None:
        """Start the sequence of `seed`."""
        self._random = random.Random(seed)

    def below(self, bound: int) -> int:
        """Return an integer from 0 to `bound` - 1."""
        return int(self._random.random() * bound)

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of `items`, each as likely as the others."""
        return items[self.below(len(items))]

    def happens(self, percent: int) -> bool:
        """Return True in `percent` of 100 cases."""
        return self.below(100) < percent
