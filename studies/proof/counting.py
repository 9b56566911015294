"""Counts of changed wheels, through asv run and the code of ``tomobench regressions``."""

from studies.proof import samples, variants
from studies.proof.project import Stage
from tomobench.bench.cache import whole_file
from tomobench.desk.judge import examination
from tomobench.desk.judge import project as measured
from tomobench.desk.results import machine as machines

FILE = "counts.csv"


def measure(project: Stage, pattern: str) -> None:
    """Run asv on the release and the wheels whose counts are changed; what was run is left out."""
    added = [project.add(variant) for variant in variants.counted()]
    listing = project.folder / "counted.txt"
    with whole_file(listing, "w") as file:
        file.write("".join(f"{one.hash}\n" for one in (project.release, *added)))
    project.asv("run", f"HASHFILE:{listing.name}", "--bench", pattern, "--skip-existing-successful")


def compare(project: Stage) -> list[dict]:
    """A row for each wheel and count: what ``tomobench regressions WHEEL --against RELEASE`` says.

    The rows are kept in a proof's FILE. Raises UserError as that command does.
    """
    found = measured.load(project.folder)
    rows = []
    for variant in variants.counted():
        release = found.history.find(f"{project.release.version}+{variant.label}").hash
        question = examination.Query(machines.name(), [release], against=project.release.hash)
        answer = examination.examine(found, question, [])
        changes = {(one.series.volume, one.line.name): one for one in answer.findings}
        for series in found.series(machines.name()):
            rows += _rows(series, variant, release, project.release.hash, changes)
    samples.save_table(project.kept / FILE, rows)
    return rows


def _rows(series, variant, release: str, base: str, changes: dict) -> list[dict]:
    before, after = (series.releases.index(one) for one in (base, release))
    both = series.measured[:, before] & series.measured[:, after]
    rows = []
    for place in both.nonzero()[0]:
        name = series.lines[place].name
        finding = changes.get((series.volume, name))
        rows.append(
            {
                "wheel": variant.label,
                "benchmark": name,
                "before": f"{series.values[place, before]:.9g}",
                "after": f"{series.values[place, after]:.9g}",
                "found": finding.change if finding else "",
                "must change": int(variant.must_change(name)),
                "may change": int(variant.must_change(name) or variant.touches(name)),
            }
        )
    return rows
