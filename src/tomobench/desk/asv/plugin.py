"""The asv plugin, named in asv.conf.json. asv finds the classes by their base class once they are imported."""

from pathlib import Path

from asv.config import Config
from asv.util import UserError as AsvUserError

from tomobench.desk import errors
from tomobench.desk.asv import environment, refused, repository, whose  # noqa: F401
from tomobench.desk.results import configuration, machine


def setup():
    """Called by asv when it has loaded the plugin. Raises asv's UserError."""
    try:
        machine.answer_for_the_user()
    except errors.UserError as error:
        raise AsvUserError(str(error)) from None
    if Path(configuration.FILE).is_file():
        for key in configuration.unknown(Config.load(configuration.FILE)):
            configuration.tell(key)
    whose.follow_the_rule()
    refused.refuse()
