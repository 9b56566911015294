"""Numbers as people read them."""

import pytest

from tomobench.desk import digits

MIB = 2**20


@pytest.mark.parametrize(
    ("nbytes", "figures", "said"),
    [
        (1000 * 2**10, 4, "0.9766 MiB"),
        (184 * 630 * 630 * 4, 4, "278.6 MiB"),
        (184 * 630 * 630 * 4, 3, "279 MiB"),
        (300 * 2000 * 2000 * 4, 3, "4,578 MiB"),
        (9999 * MIB, 4, "9,999 MiB"),
        (9999.5 * MIB, 4, "9.765 GiB"),
        (300 * 4000 * 4000 * 4, 4, "17.88 GiB"),
        (10 * 2**40, 4, "10,240 GiB"),
    ],
)
def test_sizes_are_in_mib_then_in_gib_and_never_have_an_exponent(nbytes, figures, said):
    assert digits.size(nbytes, figures) == said
