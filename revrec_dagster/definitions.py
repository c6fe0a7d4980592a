"""What Dagster loads."""

from revrec_dagster.build import build_defs

defs = build_defs()
