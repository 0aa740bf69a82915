"""What admins do with accounts. One admin who can log in is always left."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from logviewer.accounts.models import Role, User
from logviewer.accounts.tokens import revoke_all_read_tokens


class LastAdminError(Exception):
    """Refused: nobody would be left who can manage accounts."""


def set_password_link(user: User) -> str:
    """An absolute address where a password for the account is set.

    It works once, for PASSWORD_RESET_TIMEOUT seconds, and until the next login. It is signed, not stored.
    """
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
    return f"{settings.LOGVIEWER.public_url}{path}"


@transaction.atomic
def change_role(user: User, role: Role) -> None:
    """Gives the account another role, from its next request on. Raises LastAdminError."""
    if role != Role.ADMIN:
        _refuse_if_last_admin(user)
    user.role = role
    user.save(update_fields=["role"])


@transaction.atomic
def disable(user: User) -> None:
    """Ends the account's sessions and tokens, for good, and lets nobody log in with it. Raises LastAdminError."""
    _refuse_if_last_admin(user)
    User.objects.filter(pk=user.pk).update(is_active=False, session_epoch=F("session_epoch") + 1)
    revoke_all_read_tokens(user)


def enable(user: User) -> None:
    """Lets the account log in again, with the password it had."""
    User.objects.filter(pk=user.pk).update(is_active=True)


def _refuse_if_last_admin(user: User) -> None:
    # Locked, so that two admins who demote each other at the same moment are served one after the other.
    admins = User.objects.admins().select_for_update().order_by("pk")
    if [admin.pk for admin in admins] == [user.pk]:
        raise LastAdminError(
            _("%(email)s is the last admin who can log in. Make another admin first.") % {"email": user.email}
        )
