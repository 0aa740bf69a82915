"""Who is asking: `Authorization: Token <key>`."""

import re
from typing import Any

from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from LearningAPI.utils.logging import bind_request_context

KEY = re.compile(r"[0-9a-f]{40}")


class LoggedTokenAuthentication(TokenAuthentication):
    """Binds the actor as `user_id` as soon as it is known, so that a refused permission is logged with it."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        # What cannot be a key never reaches the database, which has its own ideas of what a text is.
        if not KEY.fullmatch(key):
            raise AuthenticationFailed("Invalid token.")
        user, token = super().authenticate_credentials(key)
        bind_request_context(user_id=user.pk)
        return user, token
