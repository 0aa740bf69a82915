"""Portions hold everything once, in order, and none is larger than allowed unless one item is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.store.portions import portions


@pytest.mark.parametrize(
    ("sizes", "most", "cut"),
    [([], 5, []), ([9], 5, [[9]]), ([2, 3, 1], 5, [[2, 3], [1]]),
     ([1, 9, 1, 1], 5, [[1], [9], [1, 1]]), ([0, 0], 0, [[0, 0]])],
)  # fmt: skip
def test_cuts(sizes, most, cut):
    assert [sizes[part] for part in portions(sizes, most)] == cut


@given(st.lists(st.integers(0, 20)), st.integers(0, 30))
def test_nothing_is_lost_and_nothing_too_large(sizes, most):
    cut = [sizes[part] for part in portions(sizes, most)]

    assert [size for part in cut for size in part] == sizes
    assert all(len(part) == 1 or sum(part) <= most for part in cut)
