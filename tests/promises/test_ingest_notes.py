"""Whatever ingest notes about an event, the opened event says it in words."""

import re

from logviewer.viewer.meta_words import FLAG_WORDS
from tests.promises.sources import ROOT

NOTED = re.compile(r"""flag\(["'](\w+)["']\)|"flags": \[["'](\w+)["']\]""")


def test_every_flag_has_words_and_no_words_are_left_over():
    found = {one or other for path in (ROOT / "ingest").rglob("*.py") for one, other in NOTED.findall(path.read_text())}

    assert found == set(FLAG_WORDS)
