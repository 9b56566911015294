"""``make claims``: each claim of the published report, confirmed, corrected or not testable."""

import argparse
from collections import Counter
from pathlib import Path

from studies.reference_report import claims
from studies.reference_report.claims import VERDICTS, CheckedClaim
from tomobench.desk.advise.evidence import evidence
from tomobench.desk.publish.report import tidy
from tomobench.desk.releases import lock


def main() -> None:
    """Write the claims' table into a folder, and print it."""
    parser = argparse.ArgumentParser(prog="python -m studies.reference_report", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("report"), help="folder (default: report)")
    parser.add_argument("--machine", help="whose results")
    asked = parser.parse_args()
    root = lock.find_root()
    known = evidence.load(root, asked.machine)
    found = list(claims.verdicts(known, known.tips()["3"], root))
    asked.out.mkdir(parents=True, exist_ok=True)
    print(write(found, asked.out))


def write(found: list[CheckedClaim], out: Path) -> str:
    """Write claims.csv and claims.parquet into ``out``; the table as Markdown, its count first."""
    table = claims.table(found)
    tidy.save(table.records, out, table.name)
    counts = Counter(one.verdict for one in found)
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS)
    return f"{len(found)} claims: {said}.\n\n{table.markdown()}"


if __name__ == "__main__":
    main()
