"""From the text of landed rows to typed columns, and every fault on the way as a rejection (SPEC 10).

What belongs here: what one landed row alone must look like. What does not: reading files (`resources.landing`), which
version of an id is in force (`resources.landing.versions`), and rules across rows or datasets
(`revrec.document_rules`).
"""

from revrec.parsing.batch import REJECTED_ROWS, Parsed, parse_batch
from revrec.parsing.faults import rejection
from revrec.parsing.raw import RawRows, Record, UnreadableRow

__all__ = ["REJECTED_ROWS", "Parsed", "RawRows", "Record", "UnreadableRow", "parse_batch", "rejection"]
