"""What is left takes as long as what is kept took."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from tomobench.desk.measure.history.clock import Clock
from tomobench.desk.measure.history.steps import AT_ONCE

HERE = "phantom-128"


@dataclass
class Step:
    """What the clock asks of a step."""

    line: str
    took: dict[str, float] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    volume: str = HERE
    suite: str = "times"
    elsewhere: dict[str, float] = field(default_factory=dict)

    @property
    def release(self):
        return SimpleNamespace(line=self.line)

    def seconds(self, machine):
        return self.took if machine is None else self.elsewhere


def test_a_benchmark_takes_what_is_usual_in_its_line():
    clock = Clock(
        [Step("3", {"a": one}) for one in (10.0, 12.0, 400.0)] + [Step("2", {"a": 1.0})], None
    )
    assert clock.expected([Step("3", names=("a",))]) == 12.0
    assert clock.expected([Step("2", names=("a",))]) == 1.0


def test_one_that_was_measured_in_the_other_line_alone_takes_what_it_took_there():
    clock = Clock([Step("2", {"a": 3.0}), Step("2", {"a": 90.0}, volume="larger")], None)
    assert clock.expected([Step("3", names=("a",))]) == 3.0


def test_of_what_was_never_measured_there_nothing_is_said():
    clock = Clock([Step("2", {"a": 3.0}, volume="larger")], None)
    step = Step("3", names=("a", "b"))
    assert clock.expected([step]) is None and clock.unknown([step]) == 2
    assert clock.expected([]) == 0.0


def test_steps_that_run_side_by_side_take_less_and_what_comes_besides_is_learned():
    clock = Clock([Step("3", {"a": 10.0})], None)
    step = Step("3", names=("a",), suite="exact")
    assert clock.expected([step, step]) == pytest.approx(20 / AT_ONCE)
    clock.note(Step("3", {"a": 10.0}, suite="exact"), None, 16.0)
    assert clock.expected([step]) == pytest.approx(16 / AT_ONCE)


def test_what_this_machine_never_measured_takes_what_it_took_on_others():
    kept = Step("3", {"a": 10.0}, elsewhere={"a": 4.0, "b": 5.0})
    clock = Clock([kept], None, [Path("another machine")])
    assert clock.expected([Step("3", names=("a", "b"))]) == 15.0
    assert clock.unknown([Step("3", names=("a", "b", "c"))]) == 1
