"""What is published holds nothing of the machine it was written on."""

import re
from pathlib import Path

import pytest

from tests.promises.sources import ROOT, tracked_files

FORBIDDEN = {
    "a path of somebody's machine": re.compile(
        r"(?<![\w.:])/(home|Users|root|work|workspace|mnt)/[\w.-]+|[A-Z]:\\Users\\"
    ),
    "a package index of somebody's": re.compile(r"--(extra-)?index-url|--find-links|--trusted-host|[\"'\s]file:///"),
    "a host of a private network": re.compile(
        r"://[^/\s\"']*(\.(internal|intranet|corp|lan|local)\b|artifactory|nexus|jfrog|devpi)"
        r"|://(10|192\.168|172\.(1[6-9]|2\d|3[01]))\.\d+\.\d+"
    ),
    "a note to oneself": re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"),
    "a conflict of a merge": re.compile(r"^(<{7}|>{7}) ", re.MULTILINE),
}


def test_no_tracked_file_tells_where_it_was_made():
    found = []
    for path in tracked_files():
        if path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        for what, pattern in FORBIDDEN.items():
            if match := pattern.search(text):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path.relative_to(ROOT)}:{line} holds {what}: {match[0].strip()}")
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "cd /home/ada/logs",
        "C:\\Users\\ada",
        "--index-url https://a.example",
        "https://nexus.example/x",
        "http://10.1.2.3/",
    ],
)
def test_such_traces_are_recognised(text):
    assert any(pattern.search(text) for pattern in FORBIDDEN.values())
