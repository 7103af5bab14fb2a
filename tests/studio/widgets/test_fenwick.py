"""Heights of rows."""

from hypothesis import given
from hypothesis import strategies as st

from loom_studio.widgets.fenwick import Heights


@given(st.lists(st.integers(1, 500), min_size=1, max_size=60), st.data())
def test_heights_sum_as_a_list_would(values: list[int], data: st.DataObject) -> None:
    heights = Heights(values)
    row = data.draw(st.integers(0, len(values) - 1))
    values[row] = data.draw(st.integers(1, 500))
    heights.set(row, values[row])
    assert heights.total == sum(values)
    assert heights.top(row) == sum(values[:row])
    assert heights.row_at(heights.top(row) + 0.5) == row


def test_beyond_the_end_is_the_last_row_and_nothing_has_none() -> None:
    assert Heights([10, 10]).row_at(99) == 1
    assert Heights().row_at(0) == -1
