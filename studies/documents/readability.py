"""How long the sentences of a document are: a reader has one minute.

The limits are of running text: tables, code, headings and pictures are left out, a link counts by its words, and each item of
a list is a text of its own.
"""

import re
from collections.abc import Iterator
from statistics import mean

MEAN = 18
"""Words of a sentence, in the mean of a document: fewer. Issue 28 asks for about fifteen."""

LONGEST = 40
"""Words that no sentence has more of."""

_LEFT_OUT = re.compile(
    r"<!--.*?-->|^```.*?^```|^ {4,}(?![-*\d]).*?$|^\|.*?$|^#.*?$|!\[[^\]]*\]\([^)]*\)",
    re.DOTALL | re.MULTILINE,
)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_CODE = re.compile(r"`[^`]+`")
_ITEM = re.compile(r"\n\s*\n|^\s*(?:[-*]|\d+\.)\s+", re.MULTILINE)
_END = re.compile(r"(?<=[.!?])[\"”)*]*\s+(?=[A-Z0-9\"“(*_$¢])")
_WORD = re.compile(r"\w[\w.,×³²'’/%^-]*")


def sentences(text: str) -> Iterator[str]:
    """The sentences of the running text of a document in Markdown."""
    running = _CODE.sub("Code", _LINK.sub(r"\1", _LEFT_OUT.sub("", text)))
    for block in _ITEM.split(running):
        for one in _END.split(" ".join(block.split())):
            if _WORD.search(one):
                yield one


def words(sentence: str) -> int:
    """How many words a sentence has; a figure is one, code is one."""
    return len(_WORD.findall(sentence))


def complaints(text: str) -> Iterator[str]:
    """What a reader would complain of, a line each; none if it reads well."""
    found = list(sentences(text))
    if found and (length := mean(map(words, found))) >= MEAN:
        yield f"{length:.1f} words a sentence, {MEAN} or more"
    for one in found:
        if words(one) > LONGEST:
            yield f"{words(one)} words in a sentence: {one[:60]}…"
