"""name=value is not the language's, but what people type who have just read it in a row."""

import pytest

from logviewer.viewer.colons import with_colons


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("student_id=88", "student_id:88"),
        ("-error.code==23505 timeout", "-error.code:23505 timeout"),
        ("timeout", ""),
        ("level>=warning", ""),
        ("path:/a?b=c", ""),
        ("/a?b=c", ""),
        ("a=", ""),
        ('"the a=b said"', ""),
        ("", ""),
    ],
)
def test_means(query, meant):
    assert with_colons(query) == meant
