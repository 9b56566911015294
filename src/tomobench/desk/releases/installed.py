"""What was really installed for a result: the records the environment plugin leaves beside it."""

from pathlib import Path

ENDING = ".installed.txt"


def beside(results: Path) -> Path:
    """Where the record of a result file is."""
    return results.with_name(f"{results.stem}{ENDING}")


def records(results_dir: Path, hash: str) -> list[Path]:
    """Return the records of a release, ``<machine>/<hash>-….installed.txt``, by machine."""
    return sorted(results_dir.glob(f"*/{hash}-*{ENDING}"))
