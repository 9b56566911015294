"""The hash rule: what asv needs holds for whatever versions and digests come along."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.releases.making import wheel
from tomobench.desk.releases.hashes import conflicts, give

VERSIONS = st.one_of(
    st.sampled_from(
        [
            "3",
            "3.1",
            "3.1.1",
            "3.1.10",
            "3.1.100",
            "3.1.1.1",
            "3.4.2.post1",
            "33",
            "3.10",
            "2.18.7",
            "2.18.70",
            "3.5.0.dev1",
            "3.5.0rc1",
            "3.4.2+local",
            "31415926",
        ]
    ),
    st.builds("{}.{}.{}".format, st.integers(3, 40), st.integers(0, 300), st.integers(0, 300)),
)
# Few to choose from, so that digests clash often; some begin like a version or read as a number.
DIGESTS = st.builds(
    lambda begin, end: begin + f"{end:056b}".replace("1", "a"),
    st.sampled_from(["00000000", "12345678", "1234e567", "abcdef01", "31415926", "33aaaaaa"]),
    st.integers(0, 2**56 - 1),
)
WHEELS = st.lists(
    st.builds(
        lambda version, digest, day, yanked, own: wheel(
            version, day, sha256=digest, yanked=yanked, path="wheels/x" if own else None
        ),
        VERSIONS,
        DIGESTS,
        st.integers(0, 3),
        st.sampled_from([None, "broken"]),
        st.booleans(),
    ),
    max_size=25,
    unique_by=lambda one: one.sha256,
)


def hashes(releases):
    return {release.sha256: release.hash for release in releases}


@given(WHEELS)
@example([wheel("3"), wheel("33"), wheel("3.1", 1)])
def test_hashes_are_short_and_prefix_free(wheels):
    given = [release.hash for release in give(wheels)]
    assert len(given) == len(wheels)
    assert all(1 <= len(hash) <= 8 for hash in given)
    assert all(conflicts(hash, given) == [hash] for hash in given)


@given(WHEELS, WHEELS)
def test_new_releases_get_hashes_beside_those_given_before(before, after):
    old = give(before)
    digests = {release.sha256 for release in old}
    new = give([one for one in after if one.sha256 not in digests], [one.hash for one in old])
    both = [release.hash for release in [*old, *new]]
    assert all(conflicts(hash, both) == [hash] for hash in both)


@given(WHEELS, st.randoms())
def test_the_order_in_which_wheels_are_listed_does_not_matter(wheels, random):
    shuffled = random.sample(wheels, len(wheels))
    assert hashes(give(wheels)) == hashes(give(shuffled))


@given(WHEELS)
def test_a_hash_that_is_no_version_never_reads_as_a_number(wheels):
    for release in give(wheels):
        if release.hash != release.version:
            assert not re.fullmatch(r"\d+(e\d+)?", release.hash)


def test_a_final_release_is_its_version_and_anything_else_a_digest():
    wheels = [
        wheel("3.4.2"),
        wheel("3.5.0rc1"),
        wheel("3.0.1", yanked="loses data"),
        wheel("3.4.2", 1, path="wheels/x"),
        wheel("3.4.2.post1"),
    ]
    by_digest = hashes(give(wheels))
    assert by_digest[wheels[0].sha256] == "3.4.2"
    assert all(by_digest[one.sha256] == one.sha256[:8] for one in wheels[1:])


def test_a_yanked_release_does_not_take_the_name_of_a_final_one():
    final, yanked = wheel("3.0.10", 2), wheel("3.0.1", 1, yanked="loses data")
    assert hashes(give([yanked, final]))[final.sha256] == "3.0.10"


def test_the_later_of_two_versions_that_begin_alike_gets_a_digest():
    first, later = wheel("3.1.1", 0), wheel("3.1.10", 5)
    assert hashes(give([later, first])) == {first.sha256: "3.1.1", later.sha256: later.sha256[:8]}


def test_two_wheels_whose_digests_begin_alike_are_told_apart():
    twins = [wheel("3.5.0.dev1", day, sha256="abcdef01" + f"{day}" * 56) for day in (1, 2)]
    first, second = give(twins)
    assert first.hash == "abcdef01"
    assert second.hash != first.hash
    assert give(twins)[1].hash == second.hash
