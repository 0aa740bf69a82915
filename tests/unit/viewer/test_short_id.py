"""How an id is shortened in a row."""

import pytest

from logviewer.viewer.templatetags.log import short_id


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("req-1", "req-1"),
        ("1234567890", "1234567890"),
        ("07261cb3-1ded-4d79-8c7a-c8ce40dfee70", "07261cb3…"),
        ("req-07261cb31ded4d79", "07261cb3…"),
        ("req-07261cb3", "07261cb3"),
    ],
)
def test_only_an_id_that_is_too_long_is_shortened(text, shown):
    assert short_id(text) == shown
