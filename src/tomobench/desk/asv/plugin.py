"""The asv plugin, named in asv.conf.json. asv finds the classes by their base class once they are imported."""

from tomobench.desk.asv import environment, loopback, not_measured, repository, whose  # noqa: F401
from tomobench.desk.results import machine


def setup():
    """Called by asv when it has loaded the plugin."""
    machine.answer_for_the_user()
    whose.follow_the_rule()
    loopback.pass_by_proxies()
    not_measured.keep_the_machine_out()
