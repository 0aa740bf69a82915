"""What people keep of their searches: views with a name, what they searched last, and their exports."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

LONGEST_QUERY = 12_000  # characters: a query of 4 KB, escaped


class SavedView(models.Model):
    """A search with a name: query, range, columns and order are the query string of its address."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(max_length=LONGEST_QUERY)
    is_shared = models.BooleanField(_("shared"), default=False)
    is_pinned = models.BooleanField(_("pinned"), default=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name", "pk")
        constraints: ClassVar = [models.UniqueConstraint("owner", Lower("name"), name="view_name_once")]

    def __str__(self) -> str:
        return self.name


class RecentSearch(models.Model):
    """A search that somebody made; the same one again only moves it up."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recent_searches")
    query = models.TextField(max_length=LONGEST_QUERY)
    digest = models.BinaryField(max_length=32)  # SHA-256 of the query, which is too long for an index
    searched = models.DateTimeField()

    class Meta:
        ordering = ("-searched", "-pk")
        constraints: ClassVar = [models.UniqueConstraint("owner", "digest", name="recent_search_once")]

    def __str__(self) -> str:
        return self.query


class Format(models.TextChoices):
    CSV = "csv", _("CSV, for spreadsheets")
    NDJSON = "ndjson", _("NDJSON, one event a line")


class State(models.TextChoices):
    READY = "ready", _("ready")
    RUNNING = "running", _("running")
    COMPLETE = "complete", _("complete")
    CANCELLED = "cancelled", _("cancelled")
    CUT = "cut", _("cut short")


class Export(models.Model):
    """A whole result on its way into a file. Written by the request that streams it, read by the page that shows how
    far it is, perhaps of another process."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports")
    query = models.TextField(max_length=LONGEST_QUERY)
    format = models.CharField(max_length=10, choices=Format.choices, default=Format.CSV)
    created = models.DateTimeField()  # -1h in the query is an hour before it
    state = models.CharField(max_length=10, choices=State.choices, default=State.READY)
    expected = models.BigIntegerField(null=True)  # events; null: were not counted to the end
    written = models.BigIntegerField(default=0)  # events
    moved = models.DateTimeField(null=True)  # when it last said how far it is

    class Meta:
        ordering = ("-created", "-pk")

    def __str__(self) -> str:
        return f"{self.format} of {self.query}"

    @property
    def is_over(self) -> bool:
        return self.state not in {State.READY, State.RUNNING}
