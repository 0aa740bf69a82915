"""Who came and went, who may do what, and which fields of which row changed: told by Django's own signals.

They tell it whoever makes the change: a view, the admin, a command. Values are not told, only the names of fields.
`QuerySet.update` and the `bulk_` methods send no signals; who uses those logs it.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Field, Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from rest_framework.authtoken.models import Token

from LearningAPI.utils.logging import get_logger

log = get_logger("audit")

WATCHED_APPS = {"LearningAPI", "auth", "authtoken"}
# The views tell of these themselves: cohort_assignment_created, student_assigned_to_project and so on.
TOLD_BY_VIEWS = {"NssUserCohort", "StudentProject"}
MEANINGLESS = {"last_login"}  # user_logged_in tells that
OF_PERMISSIONS = {"is_staff", "is_superuser", "is_active"}
CHANGED_FIELDS = "_audited_changes"
CHANGES = {"post_add": "added", "post_remove": "removed", "pre_clear": "cleared"}


def connect() -> None:
    """From now on the signals are logged."""
    user_logged_in.connect(_logged_in, dispatch_uid="audit")
    user_logged_out.connect(_logged_out, dispatch_uid="audit")
    user_login_failed.connect(_login_failed, dispatch_uid="audit")
    pre_save.connect(_note_changes, dispatch_uid="audit")
    post_save.connect(_saved, dispatch_uid="audit")
    post_delete.connect(_deleted, dispatch_uid="audit")
    for through in (User.groups.through, User.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(_permissions_changed, sender=through, dispatch_uid="audit")


def _logged_in(user: User, **kwargs: Any) -> None:
    log.info("user_logged_in", user_id=user.pk)


def _logged_out(user: User | None, **kwargs: Any) -> None:
    log.info("user_logged_out", user_id=None if user is None else user.pk)


def _login_failed(credentials: dict[str, Any], **kwargs: Any) -> None:
    # Not what was typed, which may be an address, or a password in the wrong field; only whose account it is, if any.
    meant = User.objects.filter(username=credentials.get("username")).values_list("pk", flat=True).first()
    log.info("user_login_failed", account_id=meant)


def _note_changes(
    sender: type[Model], instance: Model, raw: bool, update_fields: Iterable[str] | None, **kwargs: Any
) -> None:
    """Before a row is written, while the old one can still be asked."""
    if raw or not _is_watched(sender):
        return
    fields = [
        field for field in sender._meta.concrete_fields if not field.primary_key and field.name not in MEANINGLESS
    ]
    if update_fields is not None:
        fields = [field for field in fields if field.name in update_fields or field.attname in update_fields]
    if not fields:
        return
    before = sender._base_manager.filter(pk=instance.pk).values(*(field.attname for field in fields)).first()
    if before is not None:
        changed = [field.name for field in fields if _differs(field, before[field.attname], instance)]
        setattr(instance, CHANGED_FIELDS, changed)


def _differs(field: "Field[Any, Any]", before: object, instance: Model) -> bool:
    now = getattr(instance, field.attname)
    # An expression such as F("index") + 1 has a value in the database only.
    return hasattr(now, "resolve_expression") or before != field.to_python(now)


def _saved(sender: type[Model], instance: Model, created: bool, raw: bool, **kwargs: Any) -> None:
    if raw or not _is_watched(sender):
        return
    if created:
        log.debug("data_created", **_identity(instance))
        return
    changed = instance.__dict__.pop(CHANGED_FIELDS, [])
    if changed:
        log.info("data_changed", **_identity(instance), fields=changed)
    if sender is User and OF_PERMISSIONS & set(changed):
        of_permissions = sorted(OF_PERMISSIONS & set(changed))
        log.info("permissions_changed", **_identity(instance), change="set", fields=of_permissions)


def _deleted(sender: type[Model], instance: Model, **kwargs: Any) -> None:
    if _is_watched(sender):
        log.debug("data_deleted", **_identity(instance))


def _permissions_changed(
    instance: Model,
    action: str,
    model: type[Model],
    pk_set: set[int] | None,
    reverse: bool,
    **kwargs: Any,
) -> None:
    if action not in CHANGES or (action != "pre_clear" and not pk_set):
        return
    ids = sorted(pk_set or ())
    log.info(
        "permissions_changed", change=CHANGES[action], **_identity(instance), related=model.__name__, related_ids=ids
    )


def _is_watched(sender: type[Model]) -> bool:
    return sender._meta.app_label in WATCHED_APPS and sender.__name__ not in TOLD_BY_VIEWS


def _identity(instance: Model) -> dict[str, Any]:
    """Which row it is. A token's key is its secret: whose it is says enough."""
    if isinstance(instance, Token):
        return {"model": "Token", "account_id": instance.user_id}
    return {"model": type(instance).__name__, "object_id": instance.pk}
