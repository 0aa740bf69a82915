"""changepassword E: Django's command. As every new password does with us, it ends the read tokens of the account."""

from typing import Any

from django.contrib.auth.management.commands import changepassword

from logviewer.accounts.models import User
from logviewer.accounts.tokens import revoke_all_read_tokens


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        said = super().handle(*args, **options)
        revoke_all_read_tokens(User.objects.get_by_natural_key(options["username"]))
        return said
