"""Settings of a server whose searches are long however quick the machine is: a page that comes at once comes after one
window of time. What is found in it does not depend on a clock."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.apps import AppConfig

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.browser.hurried.Hurried"]


class Hurried(AppConfig):
    name = "tests.browser.hurried"

    def ready(self) -> None:
        from logviewer.query import events, walk
        from logviewer.query.errors import OutOfTime
        from logviewer.query.pace import Pace, Window

        at_once_s = events.AT_ONCE_S = 13.0  # no other search has just that much time

        class OneWindow(Pace):
            was_asked = False

            def ask(
                self, start: datetime, question: Callable[[Window, float], Any], *, edge: datetime | None = None
            ) -> tuple[Window, Any]:
                if self.budget_s == at_once_s and self.was_asked:
                    raise OutOfTime
                self.was_asked = True
                return super().ask(start, question, edge=edge)

        walk.Pace = OneWindow
