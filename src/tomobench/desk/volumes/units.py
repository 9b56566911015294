"""Voxel spacings in ångström, from lengths in any unit; what can't be a length is unknown.

The program of ``plan --script`` has these functions too: see :mod:`tomobench.desk.advise.script.shared`.
"""

import math
import unicodedata


def lengths() -> tuple[dict[str, float], dict[str, float]]:
    """Å by the symbol of a unit, and by its name: all units of length that OME-NGFF knows, and other spellings."""
    prefixes = (
        "Y yotta 24, Z zetta 21, E exa 18, P peta 15, T tera 12, G giga 9, M mega 6, k kilo 3, h hecto 2, da deca 1, "
        "d deci -1, c centi -2, m milli -3, u micro -6, n nano -9, p pico -12, f femto -15, a atto -18, z zepto -21, "
        "y yocto -24"
    )
    symbols, names = {"m": 1e10, **dict.fromkeys("AaÅå", 1.0)}, {"meter": 1e10}
    for symbol, name, power in map(str.split, prefixes.split(", ")):
        symbols[f"{symbol}m"] = names[f"{name}meter"] = float(f"1e{10 + int(power)}")
    inch = 254e6
    symbols |= {"in": inch, "ft": 12 * inch, "yd": 36 * inch, "mi": 63360 * inch}
    names |= {"inch": inch, "foot": 12 * inch, "yard": 36 * inch, "mile": 63360 * inch}
    names |= {"inches": inch, "feet": 12 * inch, "parsec": 3.0856775814913673e26, "micron": 1e4}
    names |= dict.fromkeys(
        ("ang", "angstrom", "ångström", "ångstrom", "angström", "angstroem"), 1.0
    )
    return symbols, names


def angstroms(unit) -> float | None:
    """The length of a unit in Å: a symbol, or a name in any case, singular or plural. None for any other."""
    if not isinstance(unit, str):
        return None
    symbols, names = lengths()
    # NFKC makes one letter of the two signs for ångström, and of the two for micro.
    said = unicodedata.normalize("NFKC", unit).strip().replace("μ", "u")
    if said in symbols:  # their case matters: mm and Mm, pm and Pm; and "ms" is no length
        return symbols[said]
    name = said.lower().replace("metre", "meter")
    return names.get(name, names.get(name.removesuffix("s")))


def length(value, unit) -> float | None:
    """A length in Å; None if it is missing or no number, or its unit not known."""
    factor = angstroms(unit)
    try:
        return None if value is None or factor is None else float(value) * factor
    except (ValueError, TypeError):
        return None


def edge(value) -> float | None:
    """A voxel's edge in Å to six figures; None for what is no length: absent, NaN, infinite, 0 or below.

    Six figures: files keep them as float32, and 10.0120001 was meant as 10.012.
    """
    found = 0.0 if value is None else float(f"{float(value):.6g}")
    return found if 0 < found < math.inf else None


def spacing(edges) -> tuple[float, float, float] | None:
    """Edges (z, y, x) in Å; None if one of them is no length, or there are not three. Raises ValueError, TypeError."""
    z, y, x = map(edge, edges) if len(edges) == 3 else (None,) * 3
    return None if z is None or y is None or x is None else (z, y, x)
