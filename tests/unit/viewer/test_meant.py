"""Queries that say something else than they look like."""

import pytest

from logviewer.viewer.meant import meanings_of


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("student_id=88", ["student_id:88"]),
        ("-error.code==23505 timeout", ["-error.code:23505 timeout"]),
        ("timeout or refused", ["timeout OR refused"]),
        ("a and not b", ["a AND NOT b"]),
        ("not a", ["NOT a"]),
        ("a=1 or b", ["a:1 or b", "a=1 OR b"]),
        ("timeout", []),
        ("notable", []),
        ("level>=warning", []),
        ("path:/a?b=c", []),
        ("/a?b=c", []),
        ("a=", []),
        ('"the a=b or so said"', []),
        ("", []),
    ],
)
def test_means(query, meant):
    assert list(meanings_of(query)) == meant
