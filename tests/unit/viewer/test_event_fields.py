"""An event's data as a list of fields, and its tracebacks."""

from logviewer.viewer.event_fields import Field, fields_of, is_traceback, traceback_verdict, value_text

PYTHON = """Traceback (most recent call last):
  File "/app/views.py", line 3, in get
    raise KeyError("x")
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/views.py", line 9, in get
    save()
django.db.utils.OperationalError: server closed the connection
DETAIL:  it did so
unexpectedly
"""
JAVA = "java.lang.IllegalStateException: no cohort\n\tat org.school.Cohort.find(Cohort.java:7)\n"


def test_what_is_nested_follows_its_head_and_carries_its_dotted_path():
    assert list(fields_of({"b": 1, "a": {"y": "z", "list": [True, {"k": None}]}})) == [
        Field("a", "a", 0, inside="2 keys"),
        Field("a.list", "list", 1, inside="2 items"),
        Field("a.list", "0", 2, "true", "true"),
        Field("a.list", "1", 2, inside="1 key"),
        Field("a.list.k", "k", 3, "null", "null"),
        Field("a.y", "y", 1, "z", "text"),
        Field("b", "b", 0, "1", "number"),
    ]


def test_an_empty_list_is_no_value_to_search_for():
    assert [field.kind for field in fields_of({"a": [], "b": {}})] == ["empty", "empty"]


def test_integers_stay_exact():
    assert value_text(2**80) == str(2**80)


def test_a_python_traceback_says_what_was_raised_last():
    assert is_traceback(PYTHON)
    assert traceback_verdict(PYTHON) == "django.db.utils.OperationalError: server closed the connection"


def test_other_stacks_say_it_first():
    assert is_traceback(JAVA)
    assert traceback_verdict(JAVA) == "java.lang.IllegalStateException: no cohort"


def test_text_with_lines_is_no_traceback():
    assert not is_traceback("first line\nsecond line")
    assert not is_traceback("Traceback (most recent call last): all on one line")


def test_blank_lines_are_read_once():
    assert not is_traceback("first line" + "\n" * 1_000_000 + "last line")
