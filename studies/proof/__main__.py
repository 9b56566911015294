"""``make prove``."""

from studies.proof.cli import command
from tomobench.desk import cli

cli.run(command)
