"""What came of an attempt is kept as JSON, and means the same when it is read."""

import json

import pytest

from tomobench.bench.attempt import attempt, require


def raises(error):
    raise error


def kept(*arguments):
    return json.loads(json.dumps(attempt(*arguments)))


def test_figures_come_back():
    assert require(kept(lambda number: {"gets": number}, 7)) == {"gets": 7}


def test_what_is_impossible_is_told_from_what_failed():
    with pytest.raises(NotImplementedError, match="^no shards in 2.18$"):
        require(kept(raises, NotImplementedError("no shards in 2.18")))
    with pytest.raises(RuntimeError, match="^ValueError: wrong shape$"):
        require(kept(raises, ValueError("wrong shape")))
