"""The code location: everything that Dagster and the command load.

What belongs here: assembling assets, checks, jobs and resources into definitions, and the `revrec` command. What does
not: assets, accounting.
"""
