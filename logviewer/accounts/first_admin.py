"""The first admin: from two settings, or by an address that the console prints. Never a default password."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from logviewer.accounts.models import FirstAdminLink, Role, User
from logviewer.accounts.tokens import revoke_all_read_tokens
from logviewer.env import EnvironmentProblem


def ensure_first_admin() -> str | None:
    """Where the first admin is to be made; None if there is one, or if the settings name one, who is made now.

    Every start without an admin gets an address of its own. Raises EnvironmentProblem if the settings cannot be used.
    """
    if User.objects.admins().exists():
        return None
    email, password = settings.LOGVIEWER.admin_email, settings.LOGVIEWER.admin_password
    if not (email and password):
        return _new_link()
    try:
        make_admin(email, password)
    except ValidationError as problem:
        raise EnvironmentProblem(
            f"LOGVIEWER_ADMIN_EMAIL and LOGVIEWER_ADMIN_PASSWORD make no account: {' '.join(problem.messages)}"
        ) from problem
    return None


def link_is_alive(token: str) -> bool:
    """Whether `token` was printed lately and there still is no admin."""
    return _living_links().filter(digest=_digest(token)).exists() and not User.objects.admins().exists()


@transaction.atomic
def use_link(token: str, email: str, password: str) -> User | None:
    """Makes the first admin and ends all links. None if the link is dead; raises ValidationError."""
    # All links are locked: of two people with two links, the second finds none.
    links = list(FirstAdminLink.objects.select_for_update().order_by("pk"))
    if not links or not link_is_alive(token):
        return None
    user = make_admin(email, password)
    FirstAdminLink.objects.all().delete()
    return user


def make_admin(email: str, password: str) -> User:
    """An active admin with this password; an account that exists becomes one. Raises ValidationError."""
    email = User.objects.normalize_email(email).lower()
    user = User.objects.filter(email=email).first() or User(email=email)
    user.role = Role.ADMIN
    user.is_active = True
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    revoke_all_read_tokens(user)
    return user


def _new_link() -> str:
    FirstAdminLink.objects.exclude(pk__in=_living_links()).delete()
    token = secrets.token_urlsafe(32)
    FirstAdminLink.objects.create(digest=_digest(token))
    return f"{settings.LOGVIEWER.public_url}{reverse('setup', args=[token])}"


def _living_links() -> QuerySet[FirstAdminLink]:
    lifetime = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return FirstAdminLink.objects.filter(created__gt=timezone.now() - lifetime)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
