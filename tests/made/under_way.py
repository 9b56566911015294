"""A command under way, whose words are read as it says them."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Command:
    """A command in a session of its own, and what it has said so far."""

    process: subprocess.Popen
    said: str = ""

    def until(self, words: str) -> str:
        """The line that has these words. AssertionError where the command ends without them."""
        while line := self.process.stdout.readline():
            self.said += line
            if words in line:
                return line
        raise AssertionError(self.said)

    def end(self, seconds: float = 300) -> str:
        """All that it said, once it is over, which must be within so long; no traceback is in it."""
        self.said += self.process.communicate(timeout=seconds)[0]
        assert "Traceback" not in self.said
        return self.said


def begin(words: Sequence, folder: Path, environment: Mapping[str, str]) -> Command:
    """Start a command; what it says comes at once, its errors too."""
    return Command(
        subprocess.Popen(
            words,
            cwd=folder,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            text=True,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    )
