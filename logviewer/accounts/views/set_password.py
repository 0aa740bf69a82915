"""The page of a set-password link: allauth's, which of several posts at the same moment takes one."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.views import PasswordResetFromKeyView
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse

from logviewer.accounts.models import User


class SetPassword(PasswordResetFromKeyView):  # type: ignore[misc]  # allauth has no types
    @transaction.atomic
    def form_valid(self, form: Form) -> HttpResponse:
        # allauth looked at the link before another post of it may have set a password.
        user = User.objects.select_for_update().get(pk=self.reset_user.pk)
        if not default_token_generator.check_token(user, self.key):
            return self._ended()
        answer: HttpResponse = super().form_valid(form)
        return answer

    def _ended(self) -> HttpResponse:
        context: dict[str, Any] = self.get_context_data(token_fail=True)
        answer: HttpResponse = self.render_to_response(context)
        return answer
