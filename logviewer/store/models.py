"""The stored event as Django sees it: for reading only. Rows are made by the writer's COPY."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from logviewer.store.predicate import Condition, Predicate


class EventRows(models.QuerySet["EventRow"]):
    def matching(self, predicate: Predicate) -> EventRows:
        """The rows for which `predicate` holds."""
        return self.filter(Condition(predicate))


class EventRow(models.Model):
    """A row of log_event, whose migrations are the .sql files of this app."""

    pk = models.CompositePrimaryKey("time", "id")
    time = models.DateTimeField()
    id = models.BigIntegerField()
    level = models.SmallIntegerField()
    service = models.TextField()
    event = models.TextField()
    logger = models.TextField()
    request_id = models.TextField(null=True)  # noqa: DJ001 -- an absent id is not an empty one
    cohort_id = models.TextField(null=True)  # noqa: DJ001
    data: models.JSONField[Any, Any] = models.JSONField()
    meta: models.JSONField[Any, Any] = models.JSONField(null=True)

    objects: ClassVar[models.Manager[EventRow]] = EventRows.as_manager()

    class Meta:
        managed = False
        db_table = "log_event"

    def __str__(self) -> str:
        return f"{self.time.isoformat()} {self.event}"
