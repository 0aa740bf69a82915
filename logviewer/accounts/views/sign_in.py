"""The page Sign in: allauth's, which before there is an admin says where the first one is made."""

from typing import Any

from allauth.account.views import LoginView

from logviewer.accounts.models import User


class SignIn(LoginView):  # type: ignore[misc]  # allauth has no types
    def get_context_data(self, **more: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(has_admin=User.objects.admins().exists(), **more)
        return context
