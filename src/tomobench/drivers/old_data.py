"""Makes the archives of old data. Run by ``python -m studies.old_data`` in a release's Python:

    python -m tomobench.drivers.old_data WRITER ARCHIVE

What the writer can't write is left out, and said, a line each.
"""

import gzip
import io
import sys
import tarfile
import tempfile
from pathlib import Path

from tomobench.bench import old_data
from tomobench.bench.cache import whole_file
from tomobench.bench.whole import entries


def main(writer: str, archive: Path) -> None:
    """Write a writer's arrays into an archive, the same bytes each time."""
    with tempfile.TemporaryDirectory() as scratch:
        for place, reason in old_data.write(writer, Path(scratch)).items():
            print(f"left out: {place}: {reason}")
        with whole_file(archive) as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
            _pack(Path(scratch), packed)


def _pack(folder: Path, packed) -> None:
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, entry in sorted(entries(folder)):
            content = Path(entry.path).read_bytes()
            member = tarfile.TarInfo(name)  # of no date and no owner
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).absolute())
