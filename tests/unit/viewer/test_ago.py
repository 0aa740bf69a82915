from datetime import timedelta

import pytest
from django.utils import timezone

from logviewer.viewer.templatetags.log import ago


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-30, "now"), (0, "now"), (0.9, "now"), (2.6, "2 s ago"), (59.9, "59 s ago"), (200, "3 min ago")],
)
def test_it_is_said_in_whole_units(monkeypatch, seconds, said):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert ago(now - timedelta(seconds=seconds)) == said
