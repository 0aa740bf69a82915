"""People who read logs, and the tokens their scripts read with."""

from __future__ import annotations

import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """Each role may do all that those before it may do."""

    VIEWER = "viewer", _("Viewer")  # searches
    OPERATOR = "operator", _("Operator")  # also ingest keys and shared views
    ADMIN = "admin", _("Admin")  # also accounts


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            gettext("%(name)s is not a time zone. Write one like Europe/Berlin or UTC.") % {"name": name}
        )


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Makes an account. Without a password it cannot log in until its owner has set one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None) -> User:
        """An admin; Django's command createsuperuser asks for it by this name."""
        return self.create_user(email, password, role=Role.ADMIN)

    def admins(self) -> models.QuerySet[User]:
        """Admins who can log in: active, and with a password. One of them must always be left."""
        able = self.filter(role=Role.ADMIN, is_active=True)
        return able.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """An account: an e-mail address, a password, a role. Closed signup: only admins make them."""

    email = models.EmailField(_("e-mail"), unique=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_time_zone])
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    session_epoch = models.PositiveIntegerField(default=0)  # a step ends all sessions, also those of a disabled time

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("email",)
        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_once"),)

    def __str__(self) -> str:
        return self.email

    @property
    def may_manage_keys(self) -> bool:
        return self.role in {Role.OPERATOR, Role.ADMIN}

    @property
    def may_manage_views(self) -> bool:
        """Whether they may share views, and change those that are shared."""
        return self.role in {Role.OPERATOR, Role.ADMIN}

    @property
    def may_manage_accounts(self) -> bool:
        return self.role == Role.ADMIN

    def get_session_auth_hash(self) -> str:
        """Django compares this with the session's on each request: a new password or epoch ends the session."""
        return f"{super().get_session_auth_hash()}.{self.session_epoch}"


class ReadToken(models.Model):
    """Lets a script read what its user may read. The secret is shown once; its digest is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="read_tokens")
    label = models.CharField(max_length=100, blank=True)
    public_id = models.CharField(max_length=8, unique=True)
    digest = models.BinaryField()
    created = models.DateTimeField(auto_now_add=True)
    last_used = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"lvr_{self.public_id}_…"


class FirstAdminLink(models.Model):
    """A printed address where the first admin is made. Only its digest is stored; all die once there is an admin."""

    digest = models.BinaryField(unique=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"made {self.created:%Y-%m-%d %H:%M} UTC"
