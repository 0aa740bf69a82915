"""Read tokens: made, checked and revoked here, and nowhere else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import Q
from django.utils import timezone

from logviewer.accounts import secret
from logviewer.accounts.models import ReadToken, User

PREFIX = "lvr"
USE_NOTED_EVERY = timedelta(minutes=1)  # a script that asks in a loop costs one write a minute


@dataclass(frozen=True, slots=True)
class NewReadToken:
    """A token and its secret, which is shown once and stored nowhere."""

    token: ReadToken
    secret: str


def create_read_token(user: User, label: str = "") -> NewReadToken:
    """Makes a token that reads what `user` may read."""
    issued = secret.issue(PREFIX)
    token = ReadToken.objects.create(user=user, label=label, public_id=issued.public_id, digest=issued.digest)
    return NewReadToken(token, issued.text)


def user_for_token(raw: str) -> User | None:
    """The active account behind the secret `raw`, else None. Typing errors and fakes cost no query."""
    public_id = secret.public_id_of(PREFIX, raw)
    if public_id is None:
        return None
    user: Any = next(iter(User.objects.raw(_ACCOUNT_OF_TOKEN, [public_id])), None)
    if user is None or not secret.matches(raw, bytes(user.token_digest)) or not user.is_active:
        return None
    _note_use(user.token_id, user.token_last_used)
    return cast(User, user)


def revoke_read_token(token: ReadToken) -> None:
    """Ends the token at once and for good."""
    ReadToken.objects.filter(pk=token.pk, revoked=None).update(revoked=timezone.now())


def revoke_all_read_tokens(user: User) -> None:
    """Ends all tokens of an account."""
    ReadToken.objects.filter(user=user, revoked=None).update(revoked=timezone.now())


def _note_use(token_id: int, last_used: datetime | None) -> None:
    now = timezone.now()
    if last_used is not None and now - last_used < USE_NOTED_EVERY:
        return
    # The condition again in SQL: of many requests at once, one writes.
    stale = Q(last_used=None) | Q(last_used__lte=now - USE_NOTED_EVERY)
    ReadToken.objects.filter(stale, pk=token_id).update(last_used=now)


# As SQL, because a QuerySet takes longer to make it than Postgres takes to answer, in every request of the API.
_ACCOUNT_OF_TOKEN = f"""
    SELECT account.*, token.id AS token_id, token.digest AS token_digest, token.last_used AS token_last_used
    FROM {ReadToken._meta.db_table} AS token JOIN {User._meta.db_table} AS account ON account.id = token.user_id
    WHERE token.public_id = %s AND token.revoked IS NULL
"""  # noqa: S608, SLF001 -- our own names
