"""What is said by Python's logging, where asv prints it: asv 0.6.6 prints a record's words without what belongs in
them, "writing below %s%s at %s"."""

import logging
from typing import Any

_usual = logging.getLogRecordFactory()


def in_full() -> None:
    """From now on, each record's message is whole before any handler has it."""
    logging.setLogRecordFactory(_whole)


def _whole(*given: Any, **named: Any) -> logging.LogRecord:
    record = _usual(*given, **named)
    record.msg, record.args = record.getMessage(), None
    return record
