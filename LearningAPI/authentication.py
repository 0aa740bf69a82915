"""Who is asking: `Authorization: Token <key>`."""

from typing import Any

from rest_framework.authentication import TokenAuthentication

from LearningAPI.utils.logging import bind_request_context


class LoggedTokenAuthentication(TokenAuthentication):
    """Binds the actor as `user_id` as soon as it is known, so that a refused permission is logged with it."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        user, token = super().authenticate_credentials(key)
        bind_request_context(user_id=user.pk)
        return user, token
