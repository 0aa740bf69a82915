"""The page Sign in: allauth's, which before there is an admin says where the first one is made."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.views import LoginView
from django.http import HttpResponse

from logviewer.accounts import device_zone
from logviewer.accounts.models import User


class SignIn(LoginView):  # type: ignore[misc]  # allauth has no types
    def form_valid(self, form: LoginForm) -> HttpResponse:
        device_zone.take_at_first_sign_in(self.request, form.user)
        answer: HttpResponse = super().form_valid(form)
        return answer

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(has_admin=User.objects.admins().exists(), **more)
        return context
