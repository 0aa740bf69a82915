"""create_token --user EMAIL: makes a read token and prints its secret."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from logviewer.accounts.models import User
from logviewer.accounts.tokens import create_read_token


class Command(BaseCommand):
    help = "Make a read token for an account; the last line of stdout is its secret, which is shown only now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, metavar="EMAIL")
        parser.add_argument("--label", default="made by create_token")

    def handle(self, *args: Any, user: str, label: str, **options: Any) -> None:
        owner = User.objects.filter(email__iexact=user, is_active=True).first()
        if owner is None:
            raise CommandError(f"There is no active account {user}. Make one: create_user --email {user} --role viewer")
        self.stdout.write(create_read_token(owner, label[:100]).secret)
