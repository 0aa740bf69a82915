"""System checks of our own: settings that would start, and then hurt."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, register

PLACEHOLDERS = ("change-me", "changeme", "secret", "password", "example")


@register
def secret_key_is_secret(**kwargs: Any) -> Sequence[CheckMessage]:
    """A key copied from a sample file would let anybody forge sessions."""
    key = settings.SECRET_KEY.lower()
    if len(key) < 50 or any(word in key for word in PLACEHOLDERS):
        return [
            checks.Error(
                "LOGVIEWER_SECRET_KEY is short or a placeholder.",
                hint="Leave it out: a good one is made on the first start and kept in the data folder.",
                id="logviewer.E001",
            )
        ]
    return []


@register(deploy=True)
def public_url_is_https(**kwargs: Any) -> Sequence[CheckMessage]:
    """Passwords and log lines should not cross a network in the clear."""
    if settings.LOGVIEWER.https or settings.LOGVIEWER.public_host in {"localhost", "127.0.0.1"}:
        return []
    return [
        checks.Warning(
            "LOGVIEWER_PUBLIC_URL is http.",
            hint="Put a proxy with TLS in front and set LOGVIEWER_PUBLIC_URL=https://…",
            id="logviewer.W001",
        )
    ]
