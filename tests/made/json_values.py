"""Whatever JSON can hold, for tests of what reads it."""

from hypothesis import strategies as st

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -1, 0, 99])
    | st.floats()
    | st.text(max_size=8)
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(content, depth=4) -> list[tuple]:
    """Where something is in parsed JSON: the keys that lead there, down to a depth."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content)
    found = []
    for key, one in pairs:
        found.append((key,))
        if isinstance(one, dict | list) and depth > 1:
            found += [(key, *rest) for rest in places(one, depth - 1)]
    return found


def put(content, place: tuple, value) -> None:
    """Put a value in a place of parsed JSON."""
    *above, last = place
    for key in above:
        content = content[key]
    content[last] = value
