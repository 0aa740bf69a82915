"""What allauth asks us: nobody signs up by themselves, and where its own answers are too generous."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy

from logviewer.accounts.models import User
from logviewer.accounts.tokens import revoke_all_read_tokens


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages: ClassVar[dict[str, object]] = {
        **DefaultAccountAdapter.error_messages,
        # The limit is allauth's own, for the settings name no other: five for an account in five minutes.
        "too_many_login_attempts": gettext_lazy("Too many failed tries. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def set_password(self, user: User, password: str) -> None:
        """Every new password passes here: changed, or set by a link. It ends the account's sessions and tokens."""
        user.set_password(password)
        # Only this column: saving all would undo a role or a disabling that came in between.
        user.save(update_fields=["password"])
        revoke_all_read_tokens(user)

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **more: Any
    ) -> None:
        """No word of a login: the page that was asked for says it, and the message would push its rows down."""
        if message_template != "account/messages/logged_in.txt":
            super().add_message(request, level, message_template, *args, **more)

    def is_safe_url(self, url: str) -> bool:
        """`next` stays on the host the browser asked for; allauth also allows every other ALLOWED_HOSTS."""
        request: HttpRequest = context.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: str) -> str:
        # allauth puts the Host header into it, whose port anybody may vary to get five more guesses each time.
        return f"login:{credentials.get('email', '').lower()}"
