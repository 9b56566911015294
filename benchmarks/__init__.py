"""What asv sees: classes, parameters, units and versions. The work is done in tomobench.bench."""

import sys
from pathlib import Path

# asv drops PYTHONPATH, and a release's environment has no tomobench installed: its bench half is used in place.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
