"""`create_key`: an ingest key for a sender, from the command line."""

from argparse import ArgumentTypeError
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingest.keys import create_ingest_key
from logviewer.store.event import Level, level_name

_LEVELS = {level_name(level): level for level in Level}


class Command(BaseCommand):
    help = "Makes an ingest key and prints it, this one time, alone on the last line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--service", required=True, help="the service that sends, or '*' for any")
        parser.add_argument("--label", default="", help="where the key will be used")
        parser.add_argument("--min-level", choices=_LEVELS, help="events below it are counted, not stored")
        parser.add_argument(
            "--property",
            action="append",
            default=[],
            type=_property,
            metavar="NAME=VALUE",
            help="a field for events that lack it, for instance environment=production; may be given several times",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            new = create_ingest_key(
                service=options["service"],
                label=options["label"],
                min_level=_LEVELS.get(options["min_level"]),
                properties=dict(options["property"]),
            )
        except ValidationError as problem:
            said = (f"{field}: {' '.join(messages)}" for field, messages in problem.message_dict.items())
            raise CommandError(" ".join(said)) from problem
        self.stderr.write(f"A key for {new.key.service}. It is shown only now:", ending="\n")
        self.stdout.write(new.secret)


def _property(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
