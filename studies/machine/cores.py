"""How fast one core is alone, and beside another that is busy: python -m studies.machine.cores [ROUNDS]

Two threads of one physical core slow each other down, and on a virtual machine the other thread may be somebody
else's: then a loop of plain Python, which waits for nothing, has two paces too. Prints a table: for each core the loop's
median time alone and beside each other one kept busy, its quickest and slowest rounds in brackets.
"""

import os
import statistics
import subprocess
import sys
import time

from tomobench.desk.results.table import Table

ADDITIONS, CALLS = 200_000, 20
BUSY = "import os, sys\nos.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"


def main(rounds: str = "10") -> None:
    if not hasattr(os, "sched_setaffinity"):
        sys.exit("cores: this system can't keep a process on a core")
    cores = sorted(os.sched_getaffinity(0))
    found: dict[tuple[int, int | None], list[float]] = {
        (core, other): [] for core in cores for other in [None, *cores] if other != core
    }
    for _ in range(int(rounds)):
        for (core, other), several in found.items():
            several.append(beside(core, other))
    rows = [
        {"core": core, "busy": "none" if other is None else other, "loop, ms": said(several)}
        for (core, other), several in found.items()
    ]
    print(Table(rows).text())


def beside(core: int, other: int | None) -> float:
    """Milliseconds of the loop on a core, the median of CALLS, while another is kept busy."""
    os.sched_setaffinity(0, {core})
    if other is None:
        return statistics.median(loop() for _ in range(CALLS))
    busy = subprocess.Popen([sys.executable, "-c", BUSY, str(other)])
    try:
        time.sleep(0.2)  # until it runs
        return statistics.median(loop() for _ in range(CALLS))
    finally:
        busy.kill()
        busy.wait()


def loop() -> float:
    start, total = time.perf_counter(), 0
    for number in range(ADDITIONS):
        total += number
    return (time.perf_counter() - start) * 1e3


def said(several: list[float]) -> str:
    return f"{statistics.median(several):.1f} ({min(several):.1f} to {max(several):.1f})"


if __name__ == "__main__":
    main(*sys.argv[1:])
