"""From landed documents that are not invoices to what they change (SPEC 2 to 4): `tables.AMENDMENTS`.

What belongs here: resolving credit notes, milestones, usage, billing schedules and credit grants over all document
months at once, because each of them may bear on an invoice of any month. What does not: the invoices themselves
(`revrec.line_allocations`), the obligations and schedules that follow (`revrec.obligations`, `revrec.schedules`).
"""

from revrec.amendments.documents import AMENDING_DATASETS, AmendingDocuments, RejectedDocument, any_documents
from revrec.amendments.resolver import AmendmentResolver

__all__ = ["AMENDING_DATASETS", "AmendingDocuments", "AmendmentResolver", "RejectedDocument", "any_documents"]
