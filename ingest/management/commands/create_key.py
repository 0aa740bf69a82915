"""`create_key`: an ingest key for a sender, from the command line."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingest.keys import create_ingest_key


class Command(BaseCommand):
    help = "Makes an ingest key and prints it, this one time, alone on the last line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--service", required=True, help="the service that sends, or '*' for any")
        parser.add_argument("--label", default="", help="where the key will be used")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            new = create_ingest_key(service=options["service"], label=options["label"])
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        self.stderr.write(f"A key for {new.key.service}. It is shown only now:", ending="\n")
        self.stdout.write(new.secret)
