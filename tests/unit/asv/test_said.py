"""What tomobench says while asv prints."""

import subprocess
import sys

PROGRAM = """
import logging
from asv.console import log
from tomobench.desk.asv import said
log.enable()
said.in_full()
said.in_full()  # as where two commands of asv run in one process
logging.getLogger("tomobench").warning("writing below %s at %s", "a/b", "http://127.0.0.1")
log.info("100 % of asv's own, and %s")
"""


def test_a_message_is_printed_with_what_belongs_in_it():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert "writing below a/b at http://127.0.0.1" in done.stderr + done.stdout
    assert "100 % of asv's own, and %s" in done.stderr + done.stdout
