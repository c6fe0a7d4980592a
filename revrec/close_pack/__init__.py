"""The close pack: a ledger's month as one HTML page and one Excel workbook, for who closes and who audits it.

What belongs here: laying out figures that the reports have (`revrec.reports`), and the page's own templates, styles and
scripts. What does not: computing a report, reading tables and writing files (`assets.close_pack`).
"""

from revrec.close_pack.pack import ClosePack, ExportedFile, ManualEntryRow, PackError, TieRow

__all__ = ["ClosePack", "ExportedFile", "ManualEntryRow", "PackError", "TieRow"]
