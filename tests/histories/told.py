"""Histories: stories of several customers whose documents land late and in any order.

What belongs here: choosing stories, and when their documents land. What does not: the stories themselves
(`tests.histories.invoices` and its like), what must hold (`tests.histories.laws`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from hypothesis import strategies as st

from revrec.policy import Policy
from tests.histories.accruals import metered, scheduled
from tests.histories.documents import Document, Row, Story, product_rows
from tests.histories.drawing import currencies, policies
from tests.histories.invoices import billed
from tests.histories.other_stories import broken, granted, standing_alone


@st.composite
def stories(draw: st.DrawFn, policy: Policy, number: int) -> Story:
    """A story of customer `number`."""
    kind: Callable[..., st.SearchStrategy[Story]] = draw(
        st.sampled_from([billed, billed, billed, metered, scheduled, granted, standing_alone, broken])
    )
    return draw(kind(policy, f"c{number}", draw(currencies)))


@dataclass(frozen=True)
class Step:
    """Documents that land, and what is done to the books then: close, lock (through a day of the month), reopen or
    nothing."""

    documents: tuple[Document, ...]
    action: str
    day: int


@dataclass(frozen=True)
class History:
    """A company's documents in the order they land, and what is closed in between.

    Attributes:
        first_policy: in force during the first step.
        policy: in force from then on.
        stories: whose documents land.
        steps: all of those documents.
        in_the_same_files: whether the documents, landed together, are in the files they are in one after the other.
        seed: of their order in other files.
    """

    first_policy: Policy
    policy: Policy
    stories: tuple[Story, ...]
    steps: tuple[Step, ...]
    in_the_same_files: bool
    seed: int

    @property
    def reference(self) -> list[Row]:
        """What lands first."""
        return [*product_rows(), *chain.from_iterable(story.reference for story in self.stories)]

    @property
    def rows(self) -> list[Row]:
        """All documents."""
        return [row for step in self.steps for document in step.documents for row in document.rows]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Histories of three steps: an example takes seconds, so that each is to hold several stories."""
    policy = draw(policies())
    first = draw(policies()) if draw(st.integers(0, 2)) == 0 else policy
    told = tuple(draw(stories(policy, number)) for number in range(draw(st.integers(1, 8))))
    documents = draw(st.permutations([document for story in told for document in story.documents]))
    cuts = sorted(draw(st.integers(0, len(documents))) for _ in range(2))
    parts = (documents[: cuts[0]], documents[cuts[0] : cuts[1]], documents[cuts[1] :])
    actions = st.sampled_from(["close", "close", "lock", "reopen", "nothing"])
    steps = tuple(Step(tuple(part), draw(actions), draw(st.integers(1, 27))) for part in parts)
    return History(first, policy, told, steps, draw(st.booleans()), draw(st.integers(0, 2**16)))
