"""The asv plugin, named in asv.conf.json. asv finds the classes by their base class once they are imported."""

from pathlib import Path

from asv.config import Config

from tomobench.desk.asv import (
    asked,
    commits,  # noqa: F401
    damaged,
    environment,  # noqa: F401
    left_running,
    loopback,
    not_measured,
    one_at_a_time,
    one_line,
    refused,
    removed,
    repository,  # noqa: F401
    said,
    skipped,
    together,
    whose,
)
from tomobench.desk.results import configuration, machine


def setup():
    """Called by asv when it has loaded the plugin. Raises asv's UserError."""
    said.in_full()
    with one_line.errors_for_asv():
        machine.answer_for_the_user()
    if Path(configuration.FILE).is_file():
        for key in configuration.unknown(Config.load(configuration.FILE)):
            configuration.tell(key)
    whose.follow_the_rule()
    loopback.pass_by_proxies()
    not_measured.keep_the_machine_out()
    damaged.tell()
    skipped.look_at_cells()
    left_running.note()
    removed.leave_out()
    one_at_a_time.take_turns()
    together.take_answers()
    refused.refuse()
    asked.look()
    one_line.say_in_one_line()
