"""Measurements: how long a month takes and how much memory, beside what people would do instead.

What belongs here: workloads, measured stages and the table they make. What does not: tests; no figure here decides
whether a build is green.
"""
