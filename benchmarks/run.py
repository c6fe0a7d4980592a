"""`make bench`: run every stage in a process of its own and print wall time, CPU time and peak memory side by side.

Figures are ratios of one run on one machine: compare the lines of one table, not tables of different days.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "examples")]

from generator.workload import write_workload  # noqa: E402 - found through the path set above
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from benchmarks.stages import STAGES  # noqa: E402

MEBIBYTE_IN_KIB = 1024


def measure(name: str, folder: Path, month: str) -> dict[str, float]:
    """Run one stage in this process: wall and CPU seconds of its measured part, peak memory of the process in MiB."""
    measured = STAGES[name].prepare(folder, month)
    wall, cpu = time.perf_counter(), time.process_time()
    measured()
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBIBYTE_IN_KIB,
    }


def measured_apart(name: str, folder: Path, month: str) -> dict[str, float]:
    """Run one stage in a process of its own, so that its peak memory is its own."""
    command = [sys.executable, __file__, "--stage", name, "--folder", str(folder), "--month", month]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def main() -> None:
    """Measure the chain on annual lines whose starts are spread over a year, in its last month."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lines", type=int, default=100_000, help="annual invoice lines, one an invoice")
    arguments.add_argument("--months", type=int, default=12, help="document months their starts are spread over")
    arguments.add_argument("--month", default="2025-12", help="posting month")
    arguments.add_argument("--stage", help=argparse.SUPPRESS)
    arguments.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.stage:
        print(json.dumps(measure(given.stage, given.folder, given.month)))
        return
    with tempfile.TemporaryDirectory(prefix="revrec-bench-") as name:
        folder = Path(name)
        write_workload(folder, given.lines, months=given.months, first_month="2025-01")
        results = {stage: measured_apart(stage, folder, given.month) for stage in STAGES}
        rows = sum(max(path.read_bytes().count(b"\n") - 1, 0) for path in folder.glob("exports/generic/*/*.csv"))
    pandas = list(results.values())[-1]
    table = Table(
        "stage",
        "wall s",
        "CPU s",
        "peak MiB",
        "x pandas wall",
        title=f"{given.lines:,} annual lines, {rows:,} CSV rows",
    )
    for stage, figures in results.items():
        ratio = figures["wall_s"] / pandas["wall_s"]
        table.add_row(
            stage, f"{figures['wall_s']:.2f}", f"{figures['cpu_s']:.2f}", f"{figures['peak_mib']:.0f}", f"{ratio:.2f}"
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
