"""The questions that the search is compared with, and what is made of a race."""

from dataclasses import replace

import numpy as np
import pytest

from studies.search import questions, racing
from tests import REPOSITORY
from tests.conftest import read_once
from tomobench.desk.advise.plan import search, searched
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.searched import RacedLayout
from tomobench.desk.errors import UserError

ROW = RacedLayout(
    0, "8×8×8", "int8", "xy", "3.4.2", 0, "8×8×8", "none", 2, "none", "xy", 1.0, 2.0, 1.0
)


def test_thirty_questions_of_which_ten_and_more_are_in_no_grid():
    found = questions.drawn("3.4.2")
    assert found == questions.drawn("3.4.2") and len(found) == 30
    assert sum(one.shape not in questions.SHAPES for one in found) >= 10
    assert {one.dtype for one in found} == set(questions.DTYPES)
    drawn = [one for one in found if one.shape not in questions.SHAPES]
    assert all(np.prod(one.shape) <= questions.MOST for one in drawn)


@pytest.mark.parametrize("number", [0, 12, 22])
def test_ten_layouts_are_raced_the_one_named_first(number):
    known = read_once(REPOSITORY, "reference")
    question = questions.drawn(known.tips()["3"])[number]
    asked = questions.asked(number, question, known, REPOSITORY)
    named = search.search(question, known, REPOSITORY).ranking.candidates[0].layout
    assert asked.layouts[0] == named and len(set(asked.layouts)) == len(asked.layouts) == 10
    desk = Estimate(question, known)
    most = search.most_bytes(desk, search.codecs(desk))
    assert all(desk.stored(one).value <= most for one in asked.layouts[1:])
    assert len({one.codec for one in asked.layouts}) > 1
    assert not racing.answered(asked, None) and not racing.answered(asked, ROW)


def test_places_are_drawn_over_all_of_the_volume():
    question = questions.drawn("3.4.2")[22]
    for name in ("xy", "region-80"):
        found = racing.places(name, question, 22)
        assert len(found) == racing.PLACES and found == racing.places(name, question, 22)
        for place in found:
            for one, length in zip(place, question.shape):
                start, stop = one if isinstance(one, list) else (one, one + 1)
                assert 0 <= start < stop <= length
    assert len(racing.places("whole", question, 22)) == racing.OF_WHOLE


def test_an_answer_is_held_against_the_best_of_its_race(tmp_path):
    others = [
        replace(ROW, place=1, chunks="4×4×4", measured=1.9),
        replace(ROW, place=2, chunks="2×2×2", measured=4.0, modelled=2.0),
    ]
    (answer,) = searched.answers([*others, ROW])
    assert answer.off == pytest.approx(2 / 1.9 - 1) and answer.within
    assert "4×4×4" in searched.said(answer) and "5% more" in searched.said(answer)
    far = replace(others[0], measured=1.0)
    assert not searched.answers([ROW, far])[0].within
    assert searched.summary([answer]).startswith("1 of 1 layouts named are within 15%")


def test_accesses_weigh_by_their_shares():
    parts = [
        replace(ROW, share=0.25, measured=4.0),
        replace(ROW, access="xz", share=0.75, measured=8.0),
    ]
    assert searched.answers(parts)[0].measured == pytest.approx(7)


def test_what_was_raced_is_kept(tmp_path):
    (tmp_path / "results").mkdir()
    with pytest.raises(UserError, match="studies.search race"):
        searched.load(tmp_path)
    searched.save(tmp_path, [replace(ROW, place=1), ROW])
    assert searched.load(tmp_path) == [ROW, replace(ROW, place=1)]
    (tmp_path / searched.FILE).write_text("question\nx\n")
    with pytest.raises(UserError, match="damaged"):
        searched.load(tmp_path)
