"""Whether data from a file has the shape that a type says: JSON holds whatever somebody wrote."""

import sys
from collections.abc import Mapping
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

LARGEST = sys.float_info.max
"""The largest number to calculate with: JSON has larger ones."""


def made[T](kind: type[T], content: Any) -> T:
    """A dataclass from what a file of JSON holds.

    Raises TypeError, naming a field that is missing, unknown or of another shape.
    """
    if not isinstance(content, dict):
        raise TypeError(f"it is {content!r:.40}, and not an object")
    found = kind(**content)
    require(vars(found), get_type_hints(kind))
    return found


def require(fields: Mapping[str, Any], kinds: Mapping[str, Any]) -> None:
    """Raise TypeError where a field is not of its kind, see :func:`fits`, KeyError where it is missing."""
    for name, kind in kinds.items():
        if not fits(fields[name], kind):
            raise TypeError(f"its {name} is {fields[name]!r:.40}")


def fits(value: Any, kind: Any) -> bool:
    """Whether a value from JSON is of a kind: a type, or types in list, dict, tuple and ``|``.

    A float is finite, and may be a whole number; a tuple is a list of that length.
    """
    parts, origin = get_args(kind), get_origin(kind) or kind
    if origin is UnionType:
        return any(fits(value, one) for one in parts)
    if isinstance(value, bool):  # a number to Python alone
        return False
    if origin is float:
        return isinstance(value, int | float) and abs(value) <= LARGEST
    if origin is tuple:
        return isinstance(value, list) and len(value) == len(parts) and all(map(fits, value, parts))
    if origin is list:
        return isinstance(value, list) and all(fits(one, *parts) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            all(map(fits, pair, parts)) for pair in value.items()
        )
    return isinstance(value, origin)
