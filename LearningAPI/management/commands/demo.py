"""Everything at once for a first look: the database, the class, the service, and somebody who uses it."""

import math
import random
import threading
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from LearningAPI import database, load, school, serving, tokens
from LearningAPI.management.commands.load import DEFAULT_RATE

SERVER_PATIENCE_S = 60.0


class Command(BaseCommand):
    help = "Creates the database if it is missing, migrates, makes the sample school, serves it and uses it."

    # The database may not be there yet, and the checks would ask it.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        at = settings.LEARNINGAPI
        try:
            database.create_if_missing(at.database_url, patience_s=SERVER_PATIENCE_S)
            call_command("migrate", verbosity=0, interactive=False)
            planted = school.plant()
            tokens.keep(at.data_dir, planted.instructors[0].token)
            self.stdout.write(
                f"Learning Platform API: {at.url}, {len(planted.students)} students, "
                f"about {DEFAULT_RATE:g} requests a second"
            )
            self.stdout.flush()
            serving.serve(at, beside=[lambda stop: self.use(planted.instructors[0].token, stop), _end_with_parent])
        except (database.NoDatabase, serving.PortBusy) as problem:
            raise CommandError(str(problem)) from problem

    def use(self, token: str, stop: threading.Event) -> None:
        """Drives the service until `stop`."""
        service = load.Service(settings.LEARNINGAPI.url, token)
        plan = load.Plan(random.Random(1))  # noqa: S311  (repeatable, not secret)
        try:
            load.drive(service, plan, rate=DEFAULT_RATE, until=math.inf, stop=stop)
        except load.LoadProblem as problem:
            self.stderr.write(f"load: {problem}")


def _end_with_parent(stop: threading.Event) -> None:
    serving.end_with_parent()
