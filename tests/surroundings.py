"""Surroundings that lead nowhere real.

What belongs here: what a developer's shell may hold and a test must not see. What does not: the stores of tests.
"""

import os
from pathlib import Path


def lead_nowhere() -> None:
    """Forget where the environment points to, for this process and those it starts.

    For the conftest of a folder whose tests import the code location, before they do: it takes its first month and time
    zone from the policy in force when it is imported (assets.partitions). A store that does not exist has no policy.
    """
    for name in [name for name in os.environ if name.startswith(("REVREC_", "DAGSTER_"))]:
        del os.environ[name]
    os.environ["REVREC_STORE"] = str(Path(__file__).with_name("no-store"))
