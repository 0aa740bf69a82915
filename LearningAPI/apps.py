"""What happens once when Django has loaded the service: its hooks for logging are connected."""

from django.apps import AppConfig


class LearningAPIConfig(AppConfig):
    name = "LearningAPI"

    def ready(self) -> None:
        from LearningAPI.utils import audit, queries  # they need loaded models

        queries.watch_connections()
        audit.connect()
