"""Write revrec's example data: `python examples/generate.py --out examples/acme`.

With `--lines N` it writes the workload of the benchmarks instead: N annual invoice lines, for example
`python examples/generate.py --lines 1000000 --out /tmp/million`.

What belongs here: the command line. What does not: the data (the `generator` package beside it).
"""

import argparse
import sys
from pathlib import Path

from generator import DEFAULT_SEED
from generator.acme import write_acme
from generator.workload import write_workload

from revrec.errors import RevrecError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status: 0, or 2 where it could not do what was asked and said why on stderr."""
    options = _parser().parse_args(arguments)
    try:
        if options.lines is None:
            year = write_acme(options.out, options.seed)
            written = f"{len(year.files)} files with {len(year.bad_rows)} bad rows"
        else:
            files = write_workload(
                options.out, options.lines, months=options.months, first_month=options.first_month, seed=options.seed
            )
            written = f"{len(files)} files with {options.lines} invoice lines"
    except (RevrecError, OSError) as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 2
    print(f"wrote {written} to {options.out / 'landing'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="generate.py", description="Write example landing files for revrec.")
    parser.add_argument("--out", type=Path, required=True, help="the store's root; files go to its landing folder")
    parser.add_argument(
        "--seed", type=int, default=DEFAULT_SEED, help="the same seed gives the same bytes (default: %(default)s)"
    )
    parser.add_argument(
        "--lines", type=int, help="write the benchmark workload of so many invoice lines, not the company Acme"
    )
    parser.add_argument("--months", type=int, default=24, help="document months of the workload (default: %(default)s)")
    parser.add_argument(
        "--first-month", default="2024-01", metavar="YYYY-MM", help="first month of the workload (default: %(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
