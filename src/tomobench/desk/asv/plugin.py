"""The asv plugin, named in asv.conf.json. asv finds the classes by their base class once they are imported."""

from tomobench.desk.asv import (
    environment,  # noqa: F401
    loopback,
    not_measured,
    one_at_a_time,
    removed,
    repository,  # noqa: F401
    whose,
)
from tomobench.desk.results import machine


def setup():
    """Called by asv when it has loaded the plugin."""
    with one_at_a_time.errors_for_asv():
        machine.answer_for_the_user()
    whose.follow_the_rule()
    loopback.pass_by_proxies()
    not_measured.keep_the_machine_out()
    removed.leave_out()
    one_at_a_time.take_turns()
