"""Read tokens: made, checked and revoked here, and nowhere else."""

from dataclasses import dataclass
from datetime import timedelta

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
    token = ReadToken.objects.select_related("user").filter(public_id=public_id, revoked=None).first()
    if token is None or not secret.matches(raw, bytes(token.digest)) or not token.user.is_active:
        return None
    _note_use(token)
    return token.user


def revoke_read_token(token: ReadToken) -> None:
    """Ends the token at once and for good."""
    ReadToken.objects.filter(pk=token.pk, revoked=None).update(revoked=timezone.now())


def revoke_all_read_tokens(user: User) -> None:
    """Ends all tokens of an account."""
    ReadToken.objects.filter(user=user, revoked=None).update(revoked=timezone.now())


def _note_use(token: ReadToken) -> None:
    now = timezone.now()
    if token.last_used is not None and now - token.last_used < USE_NOTED_EVERY:
        return
    # The condition again in SQL: of many requests at once, one writes.
    stale = Q(last_used=None) | Q(last_used__lte=now - USE_NOTED_EVERY)
    ReadToken.objects.filter(stale, pk=token.pk).update(last_used=now)
