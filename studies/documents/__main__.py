"""``make docs``: write README and docs/ from their templates, each figure by a query into results/.

Then say which sentences are long, and which figures no query made.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from studies.documents import by_hand, readability
from studies.reference_report import claims
from tomobench.desk.advise.evidence import evidence
from tomobench.desk.errors import UserError
from tomobench.desk.publish.docs import documents, queries
from tomobench.desk.releases import lock
from tomobench.desk.results import reading


def main() -> None:
    """Write the documents; with --check only say which are out of date, and exit with 1 if any is."""
    parser = argparse.ArgumentParser(prog="python -m studies.documents", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing: say what is out of date"
    )
    asked = parser.parse_args()
    root = lock.find_root()
    try:
        asks = functions(root)
        if not asked.check:
            documents.write(root, asks, print)
        elif old := [path.as_posix() for path in documents.stale(root, asks)]:
            raise UserError(f"{', '.join(old)} out of date: make docs")
        if found := list(complaints(root)):
            raise UserError("\n".join(["documents that are hard to read or to believe:", *found]))
    except UserError as error:
        sys.exit(f"tomobench: {error}")


def complaints(root: Path) -> Iterator[str]:
    """What is wrong with the words of each document and its template, a line each."""
    for document, template in documents.templates(root).items():
        for one in readability.complaints((root / document).read_text(encoding="utf-8")):
            yield f"{document.as_posix()}: {one}"
        for one in by_hand.complaints((root / template).read_text(encoding="utf-8")):
            yield f"{template.as_posix()}: {one}"


def functions(root: Path) -> dict[str, object]:
    """All that a template may ask, by name: the queries, and the published report's claims."""
    return {**queries.Queries(root).functions(), **_claims(root)}


def _claims(root: Path) -> dict[str, object]:
    """``claims``: how many there are of each verdict, and of ``all``. ``claim``: what was found of one."""
    sheets = [one for one in reading.sheets(root) if one.machine == queries.MACHINE]
    known = evidence.gather(sheets, lock.load(root))
    checked = list(claims.verdicts(known, known.tips()["3"], root))
    counts = Counter(one.verdict for one in checked)

    def claim(says: str) -> float:
        """The figure that was found here of the claim that ``says`` this. Raises UserError."""
        for one in checked:
            if one.claim.says == says and one.value is not None:
                return one.value
        raise UserError(f"no claim that can be tested says {says!r}")

    return {"claims": {"all": counts.total(), **counts}, "claim": claim}


if __name__ == "__main__":
    main()
