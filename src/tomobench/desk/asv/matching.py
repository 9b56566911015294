"""Which results asv rm is asked to remove: those of one release, not of all whose name begins alike.

asv 0.6.6 compares the hash only as far as the shorter of both goes, so that ``commit_hash=3`` is every release of line 3
and ``commit_hash=`` everything.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from asv.repo import NoSuchNameError, get_repo
from asv.results import Results
from asv.util import UserError as AsvUserError

COMMIT, BENCHMARK = "commit_hash", "benchmark"


def of_results(
    conf: Any, patterns: Iterable[str], every: Iterable[Results]
) -> dict[Results, list[str]]:
    """The results that patterns ``X=Y`` name, and the benchmarks in each: all of them, or those that a pattern names.

    Raises asv's UserError for a pattern of another form, a parameter that no result has, and an unknown release.
    """
    asked, found = _asked(patterns), list(every)
    _require_known(asked, found)
    benchmark = asked.pop(BENCHMARK, "*")
    if COMMIT in asked:
        asked[COMMIT] = _hash(conf, asked[COMMIT], found)
    named = {
        one: [name for name in one.get_all_result_keys() if fnmatchcase(name, benchmark)]
        for one in found
        if _fits(one, asked)
    }
    return {one: names for one, names in named.items() if names or benchmark == "*"}


def _asked(patterns: Iterable[str]) -> dict[str, str]:
    asked: dict[str, str] = {}
    for pattern in patterns:
        name, equals, value = pattern.partition("=")
        if not (name and equals and value):
            raise AsvUserError(f"{pattern!r} names no results: say X=Y, as commit_hash=3.4.2")
        if name in asked:
            raise AsvUserError(f"{name} is named twice")
        asked[name] = value
    return asked


def _require_known(asked: Mapping[str, str], found: Iterable[Results]) -> None:
    known = {COMMIT, BENCHMARK}.union(*map(_about, found))
    if unknown := sorted(asked.keys() - known):
        raise AsvUserError(f"no result has a {unknown[0]}: choose of {', '.join(sorted(known))}")


def _hash(conf: Any, name: str, found: Iterable[Results]) -> str:
    """The hash of the release that is meant, which may be one that the history no longer has."""
    if any(one.commit_hash == name for one in found):
        return name
    try:
        answer: str = get_repo(conf).get_hash_from_name(name)
    except NoSuchNameError:
        raise AsvUserError(f"there is no commit called {name}") from None
    return answer


def _fits(result: Results, asked: Mapping[str, str]) -> bool:
    about = _about(result)
    return all(
        result.commit_hash == value
        if name == COMMIT
        else fnmatchcase(str(about.get(name, "")), value)
        for name, value in asked.items()
    )


def _about(result: Results) -> Mapping[str, Any]:
    """What a result is chosen by: parameters of the machine and the environment."""
    return {**result.params, **result.env_vars}
