"""The table of commands: its lines of help are the commands' own, and asking for help imports none of them."""

import json
import subprocess
import sys

import click
import pytest

from tomobench.desk.cli import COMMANDS, GROUPS, tomobench

IMPORTED = """
import json, sys
from tomobench.desk.cli import tomobench
tomobench(["--help"], standalone_mode=False)
print(json.dumps(sorted(sys.modules)))
"""


def said_by(command) -> str:
    return " ".join(command.help.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_begins_with_its_line_in_the_table(name):
    said = said_by(tomobench.get_command(None, name))
    line = COMMANDS[name].help
    assert said.startswith(line)
    assert said[len(line)] in " .,;:"


def commands(group, *words):
    """Every command of a group and of the groups in it, each with the words that it is called by."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        yield (*words, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *words, name)


EXPLAINED = [
    (" ".join(words), command)
    for words, command in commands(tomobench)
    if len(words) == 1 or any(isinstance(one, click.Argument) for one in command.params)
]


@pytest.mark.parametrize(("name", "command"), EXPLAINED, ids=[name for name, _ in EXPLAINED])
def test_help_shows_an_example_before_it_explains(name, command):
    _, examples, *_ = command.help.split("\n\n")
    mark, *lines = examples.splitlines()
    assert mark == "\b" and lines[0].startswith(f"  tomobench {name} ")
    own = [line for line in lines if line.startswith(f"  tomobench {name}")]
    known = {option for one in command.params for option in one.opts}
    for line in own:
        said = line.strip().split("   ")[0].split()[1 + len(name.split()) :]
        assert {word for word in said if word.startswith("--")} <= known
        if isinstance(command, click.Group):
            assert said[0] in command.commands


def test_help_lists_every_command_below_the_heading_of_its_group():
    asked = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True
    )
    *lines, modules = asked.stdout.splitlines()
    heading, listed = None, {}
    for line in lines:
        if line.endswith(":") and line[:-1] in GROUPS.values():
            heading = line[:-1]
        elif heading and line.startswith("  ") and (words := line.split()) and words[0] in COMMANDS:
            listed[words[0]] = heading
    assert listed == {name: GROUPS[one.group] for name, one in COMMANDS.items()}
    assert not {"asv", "numpy", "scipy", "matplotlib"} & set(json.loads(modules))
