"""Words of README and docs/: sentences that are read once, and no figure that a hand wrote."""

import pytest

from studies.documents import by_hand, readability
from studies.documents.__main__ import complaints
from tests import REPOSITORY

LONG = "This sentence goes on " + "and on " * 20 + "to its end."


def test_the_documents_read_well():
    assert list(complaints(REPOSITORY)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One idea. Another one.", [2, 2]),
        ("# A heading\n\nText of [a page](of/an/address.md) here.", [5]),
        ("- an item\n- another item of a list\n", [2, 5]),
        ("| a | table |\n|---|---|\n| has | cells |\n", []),
        ("Before:\n\n    code that is --long\n\nAfter it.", [1, 2]),
        ("It is 3.1.6 that reads `read.Chunks(32×32×32, 2)` in 1,024 ms.", [9]),
        ("**Why?** Because of it.", [1, 3]),
    ],
)
def test_sentences_are_those_of_running_text(text, expected):
    assert [readability.words(one) for one in readability.sentences(text)] == expected


def test_a_long_sentence_and_a_long_mean_are_told():
    mean, long = readability.complaints(LONG)
    assert mean.startswith("47.0 words a sentence")
    assert long.startswith("47 words in a sentence: This sentence goes on")
    assert list(readability.complaints(LONG[:40] + ". " + "Short ones. " * 9)) == []


@pytest.mark.parametrize(
    "text",
    [
        "It takes 12 ms.",
        "5 % more",
        "$1,200 a month",
        "1.5 MiB",
        "3.2 times as long",
        "19,201 files",
    ],
)
def test_a_figure_beside_a_unit_is_told(text):
    (found,) = by_hand.complaints(text)
    assert "was written by hand" in found


@pytest.mark.parametrize(
    "text",
    [
        "It takes {{ cell('read.Chunks.time_whole(64×64×64, 2)', '3.4.2')|ms }} ms.",
        "{# chosen: 25 %; 50 ms #}within 25 %, at 50 ms",
        "    make prove STEPS='10 %'\n",
        "chunks of 16×128×128 in zarr 3.1.6",
        "`--latency 50 ms`",
    ],
)
def test_a_query_a_choice_and_code_are_no_figures_by_hand(text):
    assert list(by_hand.complaints(text)) == []


def test_a_choice_that_is_not_there_is_told():
    (found,) = by_hand.complaints("{# chosen: 25 % #}words")
    assert "is not there" in found
