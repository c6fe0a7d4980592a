"""The chain as Dagster assets, one module per stage in the order the data flows; asset checks stand beside their asset.

What belongs here: thin assets that fetch, call, write and report. What does not: accounting (`revrec`), reaching the
outside (`resources`).
"""
