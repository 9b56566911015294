"""Where tensorstore writes for the tests."""

from pathlib import Path


def on_disk(path: Path) -> dict:
    """A folder as tensorstore's key-value store, which does not wait for the disk after each chunk: made for
    a test, it need not outlive a power cut, and on a busy machine a chunk waits for a tenth of a second."""
    return {"driver": "file", "path": str(path), "file_io_sync": False}
