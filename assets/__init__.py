"""The chain as Dagster assets, one module per stage in the order the data flows; asset checks stand beside their asset.

What belongs here: thin assets that fetch, call, write and report. What does not: accounting (`revrec`), reaching the
outside (`resources`).
"""

import warnings

import dagster as dg

# Checks per month are a preview feature of Dagster 1.13 (FACTS 2): its minor version is pinned and tests hold what is
# used of it. The warning would come two dozen times at every start, for every user.
warnings.filterwarnings("ignore", "Specifying a partitions_def", dg.PreviewWarning)
