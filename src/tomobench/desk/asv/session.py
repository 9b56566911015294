"""asv's own commands, run from within tomobench's."""

import contextlib
import logging
import os
from pathlib import Path

from asv.console import log
from asv.plugin_manager import plugin_manager

from tomobench.desk.asv import left_running
from tomobench.desk.results import reading as results


@contextlib.contextmanager
def session(root: Path):
    """What asv's ``main`` sets up before a command: its folder, its console and the project's plugins.

    asv's console is Python's root logger, which every library writes to: it is put back as it was afterwards.
    """
    logger, folder = logging.getLogger(), Path.cwd()
    handlers, level = logger.handlers[:], logger.level
    os.chdir(root)
    log.enable()
    try:
        for name in results.config(root).plugins:
            plugin_manager.import_plugin(name)
        with left_running.ended():
            yield
    finally:
        log.flush()
        logger.handlers[:] = handlers
        logger.setLevel(level)
        os.chdir(folder)
