"""What asv sees: classes, parameters, units and versions. The work is done in tomobench.bench."""

import sys
from pathlib import Path

# asv drops PYTHONPATH, and a release's environment has no tomobench installed: its bench half is used in place.
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))
# A failure is looked at again in a fresh process, which imports the suites from here.
sys.path.append(str(ROOT))

from asv_runner import server  # noqa: E402
from asv_runner.benchmarks._base import Benchmark  # noqa: E402

from tomobench.bench import blame, together  # noqa: E402

blame.watch(Benchmark)
together.answer_others(server)
