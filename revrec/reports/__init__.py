"""Reports of a posting month (SPEC 8), one module each.

What belongs here: what a report's rows are and how they read as CSV. What does not: where reports are kept, and exports
for general ledgers (`revrec.exports`).
"""
