"""The service's settings come from the environment, and what cannot be used is one sentence that says what to write."""

from pathlib import Path

import pytest

from LearningAPI import env


def read(tmp_path: Path, **variables: str) -> env.Environment:
    return env.read({"LOGVIEWER_DATA_DIR": str(tmp_path), **variables})


def test_production_is_what_nobody_set(tmp_path):
    at = read(tmp_path)

    assert (at.debug, at.console, at.demo, at.log_student_names) == (False, "json", False, False)
    assert (at.service, at.slow_query_ms) == ("learning-api", 200.0)


def test_development_has_a_console_for_people(tmp_path):
    assert read(tmp_path, LEARNINGAPI_DEBUG="1").console == "pretty"
    assert read(tmp_path, LEARNINGAPI_DEBUG="1", LEARNINGAPI_CONSOLE="json").console == "json"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("LEARNINGAPI_CONSOLE", "loud", "LEARNINGAPI_CONSOLE is 'loud': write pretty, json or none"),
        ("LEARNINGAPI_SLOW_QUERY_MS", "soon", "LEARNINGAPI_SLOW_QUERY_MS is 'soon': write a number of milliseconds"),
        ("LEARNINGAPI_SLOW_QUERY_MS", "-1", "write a number of milliseconds, 0 or more"),
        ("LEARNINGAPI_SLOW_QUERY_MS", "nan", "write a number of milliseconds, 0 or more"),
        ("LEARNINGAPI_LOG_STUDENT_NAMES", "maybe", "LEARNINGAPI_LOG_STUDENT_NAMES is 'maybe': write 1 or 0"),
        ("LEARNINGAPI_DEMO", "maybe", "LEARNINGAPI_DEMO is 'maybe': write 1 or 0"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(tmp_path, name, value, sentence):
    with pytest.raises(env.EnvironmentProblem, match=sentence):
        read(tmp_path, **{name: value})
