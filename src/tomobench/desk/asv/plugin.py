"""The asv plugin, named in asv.conf.json. asv finds the classes by their base class once they are imported."""

from tomobench.desk.asv import environment, one_at_a_time, removed, repository, whose  # noqa: F401
from tomobench.desk.results import machine


def setup():
    """Called by asv when it has loaded the plugin."""
    with one_at_a_time.errors_for_asv():
        machine.answer_for_the_user()
    whose.follow_the_rule()
    removed.leave_out()
    one_at_a_time.take_turns()
