"""`make bench`: run every stage in a process of its own and print wall time, CPU time and peak memory side by side.

Figures are ratios of one run on one machine: compare the lines of one table, not tables of different days. To compare
with another commit, name it (`make bench ARGS='--against 473f61a'`): each stage then runs on both, one after the other.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
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


def measured_apart(root: Path, name: str, folder: Path, month: str) -> dict[str, float]:
    """Run one stage of a checkout in a process of its own, so that its peak memory is its own."""
    script = str(root / "benchmarks" / "run.py")
    command = [sys.executable, script, "--stage", name, "--folder", str(folder), "--month", month]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """The tree of another commit, gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="revrec-bench-against-") as name:
        root = Path(name) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(root), commit], check=True)
        try:
            yield root
        finally:
            subprocess.run([*git, "remove", "--force", str(root)], check=True)


def measured_stages(roots: Sequence[Path], folders: Sequence[Path], month: str) -> dict[str, list[dict[str, float]]]:
    """Figures of each stage, one per checkout, measured one after the other."""
    return {
        stage: [measured_apart(root, stage, folder, month) for root, folder in zip(roots, folders, strict=True)]
        for stage in STAGES
    }


def main() -> None:
    """Measure the chain on annual lines whose starts are spread over a year, in its last month."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lines", type=int, default=100_000, help="annual invoice lines, one an invoice")
    arguments.add_argument("--months", type=int, default=12, help="document months their starts are spread over")
    arguments.add_argument("--month", default="2025-12", help="posting month")
    arguments.add_argument("--against", metavar="COMMIT", help="measure this commit's stages beside")
    arguments.add_argument("--stage", help=argparse.SUPPRESS)
    arguments.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.stage:
        print(json.dumps(measure(given.stage, given.folder, given.month)))
        return
    with ExitStack() as stack:
        other = [stack.enter_context(checkout(given.against))] if given.against else []
        folders = [
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="revrec-bench-")))
            for _ in range(1 + len(other))
        ]
        for folder in folders:
            write_workload(folder, given.lines, months=given.months, first_month="2025-01")
        results = measured_stages([ROOT, *other], folders, given.month)
        rows = sum(max(path.read_bytes().count(b"\n") - 1, 0) for path in folders[0].glob("exports/generic/*/*.csv"))
    print_table(results, f"{given.lines:,} annual lines, {rows:,} CSV rows", given.against)


def print_table(results: Mapping[str, Sequence[Mapping[str, float]]], title: str, against: str | None) -> None:
    """One row a stage; the last stage is what people would do instead."""
    pandas = list(results.values())[-1][0]
    beside = [f"x wall of {against}", f"x CPU of {against}"] if against else []
    table = Table("stage", "wall s", "CPU s", "peak MiB", "x pandas wall", *beside, title=title)
    for stage, (own, *others) in results.items():
        ratios = [own["wall_s"] / pandas["wall_s"]]
        ratios += [own[figure] / other[figure] for other in others for figure in ("wall_s", "cpu_s")]
        times = (f"{own['wall_s']:.2f}", f"{own['cpu_s']:.2f}", f"{own['peak_mib']:.0f}")
        table.add_row(stage, *times, *(f"{ratio:.2f}" for ratio in ratios))
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
