"""The keys that senders carry. The secret is shown once; its digest is stored."""

from __future__ import annotations

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from ingest.limits import MAX_SERVICE_CHARACTERS
from ingest.validation import ANY_SERVICE
from logviewer.store.event import Level

SERVICE_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:/-]*", re.ASCII)


def validate_service(name: str) -> None:
    """Raises ValidationError unless `name` is '*' or can be typed after `service:` without quotes."""
    if name == ANY_SERVICE:
        return
    if len(name) > MAX_SERVICE_CHARACTERS or not SERVICE_NAME.fullmatch(name):
        raise ValidationError(
            gettext(
                "A service is named with letters, digits and . _ : / - (at most 100), like learning-api;"
                " or * for a key that keeps each event's own service."
            )
        )


class IngestKey(models.Model):
    """Lets a sender post events, and nothing else."""

    public_id = models.CharField(max_length=8, unique=True)
    digest = models.BinaryField()
    service = models.CharField(max_length=MAX_SERVICE_CHARACTERS, validators=[validate_service])
    label = models.CharField(max_length=100, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="ingest_keys"
    )
    created = models.DateTimeField(auto_now_add=True)
    min_level = models.SmallIntegerField(
        null=True, blank=True, choices=[(level.value, level.name.lower()) for level in Level]
    )
    properties = models.JSONField(default=dict, blank=True)  # added to events that lack them
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created", "-pk")

    def __str__(self) -> str:
        return f"lvk_{self.public_id}_… ({self.service})"

    def clean(self) -> None:
        if not isinstance(self.properties, dict):
            raise ValidationError({"properties": gettext('Properties are a JSON object, like {"env":"production"}.')})

    @property
    def is_active(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())
