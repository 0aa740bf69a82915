"""What `prepare` refuses before it touches anything."""

import pytest
from django.core.management import CommandError, call_command

from logviewer.management.commands import prepare


def test_a_server_that_is_too_old_is_named(monkeypatch):
    monkeypatch.setattr(prepare, "OLDEST_MAJOR", 99)

    with pytest.raises(CommandError, match=r"is Postgres \d\d: 99 or newer is needed"):
        call_command("prepare")
