"""create_user --email E --role R: makes an account and prints its one-time set-password link."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from logviewer.accounts.models import Role, User
from logviewer.accounts.people import set_password_link


class Command(BaseCommand):
    help = (
        "Make an account; the last line of stdout is a one-time link to set its password."
        " For an account that exists nothing is changed, and a new link is printed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", choices=Role.values, default=Role.VIEWER.value)

    def handle(self, *args: Any, email: str, role: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            user = self._make(email, role)
        elif not user.is_active:
            raise CommandError(f"{user.email} is disabled. An admin can enable it on the page Accounts.")
        else:
            self.stderr.write(f"{user.email} exists already and stays {user.role}. A new link for it:")
        self.stdout.write(set_password_link(user))

    def _make(self, email: str, role: str) -> User:
        try:
            return User.objects.create_user(email, role=role)
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
