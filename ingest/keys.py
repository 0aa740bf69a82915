"""Makes and revokes ingest keys. Pages and commands call these by name."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from ingest.models import IngestKey
from logviewer.accounts.models import User
from logviewer.accounts.secret import issue

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewIngestKey:
    """A key that was just made. `secret` is shown to its owner once and kept nowhere."""

    key: IngestKey
    secret: str


def create_ingest_key(
    *,
    service: str,
    label: str = "",
    created_by: User | None = None,
    min_level: int | None = None,
    expires_at: datetime | None = None,
    properties: Mapping[str, Any] | None = None,
) -> NewIngestKey:
    """Makes a key for `service`, or for any with '*'. Raises Django's ValidationError."""
    secret = issue("lvk")
    key = IngestKey(
        public_id=secret.public_id,
        digest=secret.digest,
        service=service,
        label=label,
        created_by=created_by,
        min_level=min_level,
        expires_at=expires_at,
        properties=dict(properties or {}),
    )
    key.full_clean()
    key.save()
    log.info("Ingest key %s for %s was made by %s.", key.public_id, key.service, created_by or "a command")
    return NewIngestKey(key, secret.text)


def revoke_ingest_key(key: IngestKey, by: User | None) -> None:
    """Ends a key. Web processes stop taking it within 5 seconds (credentials.REMEMBERED_S)."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        log.info("Ingest key %s for %s was revoked by %s.", key.public_id, key.service, by or "a command")
