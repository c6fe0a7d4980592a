"""Manual journals: corrections, reclassifications and one-offs that people prepare and approve (SPEC 6).

What belongs here: the journals as values, the files they come in, and the movements they make. What does not: where
they are kept (`resources.books`), their numbers and narratives among the system's (`revrec.journals`).
"""

from revrec.manual_journals.csv_files import parse_manual_csv
from revrec.manual_journals.files import parse_manual_journals
from revrec.manual_journals.journal import ManualEntry, ManualJournal, ManualJournalError
from revrec.manual_journals.movements import MANUAL_MOVEMENTS, manual_movements

__all__ = [
    "MANUAL_MOVEMENTS",
    "ManualEntry",
    "ManualJournal",
    "ManualJournalError",
    "manual_movements",
    "parse_manual_csv",
    "parse_manual_journals",
]
