"""Queries that say something else than they look like."""

import pytest

from logviewer.viewer.meant import fields_meant, meanings_of


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("student_id=88", ["student_id:88"]),
        ("-error.code==23505 timeout", ["-error.code:23505 timeout"]),
        ("timeout or refused", ["timeout OR refused"]),
        ("a and not b", ["a AND NOT b"]),
        ("not a", ["NOT a"]),
        ("a=1 or b", ["a:1 or b", "a=1 OR b"]),
        ("duration_ms > 1000 timeout", ["duration_ms>1000 timeout"]),
        ("-level >= warning", ["-level>=warning"]),
        ("student_id : 88", ["student_id:88"]),
        ("student_id = 88", ["student_id:88"]),
        ("“could not” connect", ['"could not" connect']),
        ("said «no»", ['said "no"']),
        ("timeout", []),
        ("a > b", []),
        ("a -> 1", []),
        ("“could not", []),
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


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("student 88", [("student_id", "student_id:88")]),
        ("Student #88", [("student_id", "student_id:88")]),
        ("level>=error cohort 12 timeout", [("cohort_id", "level>=error cohort_id:12 timeout")]),
        ("status_code 500", [("status_code", "status_code:500")]),
        ("a 1 b 2", [("a_id", "a_id:1 b 2"), ("b_id", "a 1 b_id:2")]),
        ("a or 12", []),
        ("not 12", []),
        ("student_id:88", []),
        ("path:/a 88", []),
        ("88", []),
        ("student 88th", []),
        ("étudiant 88", []),
        ('"student 88"', []),
    ],
)
def test_a_number_beside_a_name_may_mean_a_field(query, meant):
    assert list(fields_meant(query)) == meant
