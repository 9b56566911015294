"""Voxel spacings in ångström, from lengths in any unit; what can't be a length is unknown."""

import math
import re
import unicodedata

_METER = 1e10  # Å
_PREFIXES = {"": 1.0, "centi": 1e-2, "milli": 1e-3, "micro": 1e-6, "nano": 1e-9, "pico": 1e-12}
_SHORT = {"m": "", "cm": "centi", "mm": "milli", "um": "micro", "nm": "nano", "pm": "pico"}
_ANGSTROMS = ("a", "å", "ang", "angstrom", "ångström", "ångstrom", "angström", "angstroem")
_LENGTHS = (
    dict.fromkeys(_ANGSTROMS, 1.0)
    | {f"{prefix}meter": _METER * factor for prefix, factor in _PREFIXES.items()}
    | {short: _METER * _PREFIXES[prefix] for short, prefix in _SHORT.items()}
    | {"micron": _METER * 1e-6}
)


def angstroms(unit) -> float | None:
    """The length of a unit in Å: UDUNITS' names, singular or plural, and the usual short ones."""
    if not isinstance(unit, str):
        return None
    # NFKC makes one letter of the two signs for ångström, and of the two for micro.
    name = unicodedata.normalize("NFKC", unit).strip().lower().replace("μ", "u").replace("µ", "u")
    name = re.sub("metre", "meter", name)
    return _LENGTHS.get(name, _LENGTHS.get(name.removesuffix("s")))


def length(value, unit) -> float | None:
    """A length in Å; None if it is missing, or its unit not known. Raises ValueError, TypeError."""
    factor = angstroms(unit)
    return None if value is None or factor is None else float(value) * factor


def spacing(edges) -> tuple[float, float, float] | None:
    """Edges (z, y, x) in Å to six figures; None if one is no length: absent, NaN, 0 or below.

    Six figures: files keep them as float32, and 10.0120001 was meant as 10.012.
    """
    if len(edges) != 3 or any(edge is None for edge in edges):
        return None
    z, y, x = (float(f"{float(edge):.6g}") for edge in edges)
    return (z, y, x) if all(math.isfinite(edge) and edge > 0 for edge in (z, y, x)) else None
