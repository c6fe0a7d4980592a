"""The accounting of revrec as pure functions.

What belongs here: money, calendar, policy, schemas, recognition methods, journals, reports and export formats, all
computed from their arguments. What does not: Dagster, files, databases, the clock, the environment, global state (a
test holds this).
"""

ENGINE_VERSION = "0.1.0"
