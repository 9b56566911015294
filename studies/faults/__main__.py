"""``make faults``."""

from studies.faults.cli import command
from tomobench.desk import cli

if __name__ == "__main__":
    cli.run(command)
