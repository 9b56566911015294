"""What came of an attempt, as it is kept: figures, or why there are none."""

from collections.abc import Callable


def attempt(measure: Callable[..., dict], *arguments) -> dict:
    """What ``measure`` returns; where it raises, the one key ``impossible`` or ``failed``, with the reason."""
    try:
        return measure(*arguments)
    except NotImplementedError as reason:
        return {"impossible": str(reason)}
    except Exception as error:  # noqa: BLE001 - a release that raises is a finding, whatever it raises
        return {"failed": said(error)}


def require(found: dict) -> dict:
    """The figures. Raises NotImplementedError where they are impossible, RuntimeError where it failed."""
    if "impossible" in found:
        raise NotImplementedError(found["impossible"])
    if "failed" in found:
        raise RuntimeError(found["failed"])
    return found


def said(error: Exception) -> str:
    """An error as it is kept: its type and its words."""
    return f"{type(error).__name__}: {error}"
