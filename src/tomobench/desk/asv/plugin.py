"""The asv plugin, named in asv.conf.json. asv finds the classes by their base class once they are imported."""

from tomobench.desk.asv import environment, machine, repository  # noqa: F401


def setup():
    """Called by asv when it has loaded the plugin."""
    machine.answer_for_the_user()
