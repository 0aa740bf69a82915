"""Stacks are read from their end: what was raised last, our frames before those of libraries, then the causes."""

import pytest

from logviewer.viewer.tracebacks import MOST_OURS, MOST_RAISED, Frame, Raised, Stack, stack_of, structured_stack

LIBRARY = "/srv/.venv/lib/python3.11/site-packages/django/db/models/query.py"
PYTHON = f"""Traceback (most recent call last):
  File "/app/views.py", line 3, in get
    cohorts[12]
    ~~~~~~~^^^^
KeyError: 12

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/urls.py", line 1, in route
    return view()
  File "/app/views.py", line 9, in get
    save()
  File "{LIBRARY}", line 70, in save
    self.connection.commit()
django.db.utils.OperationalError: server closed
DETAIL:  it did so

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "<frozen runpy>", line 5
ValueError: last
"""


def test_python_s_chain_of_exceptions_is_told_from_its_end():
    stack = stack_of(PYTHON)

    assert stack.verdict == "ValueError: last"
    assert [(one.verdict, one.link) for one in stack.raised] == [
        ("ValueError: last", ""),
        ("django.db.utils.OperationalError: server closed", "context"),
        ("KeyError: 12", "cause"),
    ]


def test_our_frames_stand_before_those_of_libraries_the_innermost_first():
    raised = stack_of(PYTHON).raised[1]

    assert [(frame.file, frame.line, frame.name, frame.source) for frame in raised.ours] == [
        ("/app/views.py", 9, "get", "save()"),
        ("/app/urls.py", 1, "route", "return view()"),
    ]
    assert raised.others == [Frame(LIBRARY, 70, "save", "self.connection.commit()", False)]


def test_marks_below_a_line_of_code_are_no_code():
    assert stack_of(PYTHON).raised[2].frames == [Frame("/app/views.py", 3, "get", "cohorts[12]", True)]


def test_without_a_frame_of_ours_the_place_where_it_was_raised_stands_for_it():
    last = stack_of(PYTHON).raised[0]

    assert last.ours == [Frame("<frozen runpy>", 5, "", "", False)]
    assert last.others == []


def test_java_says_what_was_raised_first_and_its_causes_after_it():
    text = (
        "org.school.Failed: no cohort\n"
        "\tat org.school.Cohort.find(Cohort.java:7)\n"
        "\tat java.base/java.lang.Thread.run(Thread.java:1583)\n"
        "\tat org.springframework.web.Servlet.service(Servlet.java:9)\n"
        "Caused by: java.io.IOException: gone\n"
        "\tat java.io.File.open(Native Method)\n"
        "\t... 12 more\n"
    )

    failed, gone = stack_of(text).raised

    assert (failed.verdict, gone.verdict, gone.link) == (
        "org.school.Failed: no cohort",
        "java.io.IOException: gone",
        "cause",
    )
    assert failed.ours == [Frame("Cohort.java", 7, "org.school.Cohort.find", "", True)]
    assert len(failed.others) == 2


def test_javascript_has_its_columns_left_out():
    text = "TypeError: x is undefined\n    at find (/app/cohort.js:12:5)\n    at node:internal/main.js:1:1\n"

    (raised,) = stack_of(text).raised

    assert raised.frames == [
        Frame("/app/cohort.js", 12, "find", "", True),
        Frame("node:internal/main.js", 1, "", "", False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one line",
        "two\nlines",
        "Traceback (most recent call last):\n",
        '  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 1, in b\n',
    ],
)
def test_other_texts_are_no_stacks(text):
    assert stack_of(text) is None


def test_structlog_s_list_of_exceptions_is_a_stack():
    value = [
        {
            "exc_type": "OperationalError",
            "exc_value": "closed",
            "frames": [
                {"filename": "/app/a.py", "lineno": 3, "name": "get", "line": " save() "},
                {"filename": LIBRARY, "lineno": 70, "name": "save"},
            ],
        },
        {"exc_type": "KeyError", "exc_value": "", "is_cause": True, "frames": []},
    ]

    assert structured_stack(value) == Stack(
        [
            Raised(
                "OperationalError: closed",
                [Frame(LIBRARY, 70, "save", "", False), Frame("/app/a.py", 3, "get", "save()", True)],
            ),
            Raised("KeyError", [], "cause"),
        ]
    )


@pytest.mark.parametrize(
    "value", [None, "text", [], [1], [{"exc_type": 3}], [{"exc_type": "A"}, "b"], {"exc_type": "A"}]
)
def test_other_values_are_none(value):
    assert structured_stack(value) is None


@pytest.mark.parametrize("frames", [None, "x", [1], [{}], [{"lineno": "3", "filename": 7}]])
def test_odd_frames_do_no_harm(frames):
    (raised,) = structured_stack([{"exc_type": "A", "exc_value": None, "frames": frames}]).raised

    assert raised.verdict == "A: None"


def test_of_a_recursion_the_first_frames_stand_open():
    frames = '  File "/app/tree.py", line 7, in walk\n    walk(tree)\n' * 90
    raised = stack_of(f"Traceback (most recent call last):\n{frames}RecursionError: too deep\n").raised[0]

    assert (len(raised.ours), len(raised.others)) == (MOST_OURS, 90 - MOST_OURS)


def test_of_a_long_chain_the_exceptions_that_were_raised_last_are_told():
    chain = "During handling of the above exception, another exception occurred:".join(
        f'\nTraceback (most recent call last):\n  File "/app/retry.py", line {number}\nKeyError: {number}\n\n'
        for number in range(100)
    )

    assert [one.verdict for one in stack_of(chain).raised] == [
        f"KeyError: {n}" for n in range(99, 99 - MOST_RAISED, -1)
    ]


def test_the_blanks_of_a_line_are_read_once():
    stack = stack_of(f"Error: late\n    at {' ' * 250_000}x \n    at load (/app/cohorts.js:1:7)  \n")

    assert [(frame.file, frame.line) for frame in stack.raised[0].frames][1:] == [("/app/cohorts.js", 1)]
