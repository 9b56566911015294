"""What was really installed for a result: the records the environment plugin leaves beside it."""

from pathlib import Path


def records(root: Path, hash: str) -> list[Path]:
    """Return the records of a release, ``results/<machine>/<hash>-….installed.txt``, by machine."""
    return sorted((root / "results").glob(f"*/{hash}-*.installed.txt"))
