"""Figures that a hand wrote: beside a unit, a document has only what a query found, or what was chosen.

What was chosen (a threshold, a round trip that is set) a template names in a comment of its own::

    {# chosen: 25 %; 50 ms #}
"""

import re
from collections.abc import Iterator

_CHOSEN = re.compile(r"\{#\s*chosen:(.*?)#\}", re.DOTALL)
_NO_WORDS = re.compile(
    r"\{[{%#].*?[%}#]\}|^```.*?^```|^ {4,}.*?$|`[^`]+`|\]\([^)]*\)|<!--.*?-->",
    re.DOTALL | re.MULTILINE,
)
_FIGURE = re.compile(
    r"\$\d[\d,.]*\d|(?<![\d.×])\d(?:[\d,.]*\d)? ?"
    r"(?:%|ms\b|s\b|min\b|minutes?\b|hours?\b|[KMGT]i?B(?:/s)?\b|times\b|dollars\b"
    r"|(?:requests|files|voxels|objects|chunks|cells)\b)"
)


def complaints(template: str) -> Iterator[str]:
    """The figures beside a unit in a template's words that are not said to be chosen, and names of those that are not there."""
    chosen = {
        one.strip()
        for found in _CHOSEN.findall(template)
        for one in found.split(";")
        if one.strip()
    }
    written = {" ".join(one.split()) for one in _FIGURE.findall(_NO_WORDS.sub("", template))}
    for one in sorted(written - chosen):
        yield f"{one!r} was written by hand: ask for it by a query, or name it as chosen"
    for one in sorted(chosen - written):
        yield f"{one!r} is named as chosen and is not there"
