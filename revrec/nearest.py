"""The nearest matches of a name that nothing has: what an error suggests.

What belongs here: choosing a few of many known names, and saying so. What does not: finding out that a name is unknown,
and the rest of the error.
"""

import difflib
import heapq
from collections.abc import Iterable
from itertools import takewhile

# difflib compares in quadratic time: of the known names it sees this many, the likeliest by their ends, and of each no
# more than these characters; longer names would not be of help in an error's line, nor would such as hold control
# characters. The choice of the likeliest is one pass, also over a million names.
_COMPARED = 200
_LONGEST = 100
# difflib's own bound for what a person would call similar.
_SIMILAR = 0.6


def nearest(wanted: str, known: Iterable[str], most: int = 3) -> str:
    """The known names that somebody may have meant, as the end of a sentence.

    Args:
        wanted: the name that is not known.
        known: names in any order, also repeated; the order makes no difference.
        most: how many to name at most.

    Returns:
        e.g. ` (did you mean INV-1 or INV-12?)`, the likeliest first; empty where nothing is similar.
    """
    text = _compared(wanted)
    if not text:
        return ""
    shortlist = heapq.nsmallest(
        _COMPARED,
        {name for name in known if len(name) <= _LONGEST and name.isprintable()},
        key=lambda name: (-_likeness(text, _compared(name)), name),
    )
    matcher = difflib.SequenceMatcher(b=text, autojunk=False)
    rated = []
    for name in shortlist:
        matcher.set_seq1(_compared(name))
        if _begins_with(text, _compared(name)) or matcher.ratio() >= _SIMILAR:
            rated.append((-matcher.ratio(), name))
    names = [name for _, name in sorted(rated)[:most]]
    if not names:
        return ""
    *others, last = names
    return f" (did you mean {', '.join(others)} or {last}?)" if others else f" (did you mean {last}?)"


def _compared(name: str) -> str:
    return " ".join(name.split()).casefold()[:_LONGEST]


def _begins_with(one: str, other: str) -> bool:
    """Whether a name that is more than a letter long was not typed to its end."""
    return len(one) > 1 and other.startswith(one)


def _likeness(one: str, other: str) -> int:
    """Equal characters at the beginning and at the end, less the difference in length."""
    shared = _equal_characters(one, other) + _equal_characters(one[::-1], other[::-1])
    return shared - abs(len(one) - len(other))


def _equal_characters(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
