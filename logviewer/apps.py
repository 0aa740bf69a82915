"""Registers the project's own commands."""

from django.apps import AppConfig


class LogviewerConfig(AppConfig):
    name = "logviewer"
    label = "logviewer"

    def ready(self) -> None:
        from logviewer import checks  # noqa: F401 -- registers them
