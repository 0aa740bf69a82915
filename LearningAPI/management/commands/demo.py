"""Everything at once for a first look: the database, the school, a Slack, the service, and a class that uses it."""

import math
import random
from dataclasses import replace
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from LearningAPI import database, load, school, serving, tokens
from LearningAPI.demo import slack
from LearningAPI.management.commands.load import DEFAULT_RATE
from LearningAPI.scenes import Plan

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
            planted = school.plant(school.COHORTS | school.DEMO_COHORTS)
            tokens.keep(at.data_dir, planted.instructors[0].token)
            self.stdout.write(
                f"Learning Platform API: {at.url}, {len(planted.students)} students, "
                f"about {DEFAULT_RATE:g} requests a second"
            )
            self.stdout.flush()
            beside: list[serving.Beside] = [lambda stop: self.use(planted.instructors[0].token, stop), _end_with_parent]
            if not at.slack_token:
                beside.append(use_slack_of_this_machine())
            serving.serve(at, beside=beside)
        except (database.NoDatabase, serving.PortBusy) as problem:
            raise CommandError(str(problem)) from problem

    def use(self, token: str, stop: Event) -> None:
        """Drives the service until `stop`."""
        plan = Plan(
            random.Random(1),  # noqa: S311  (repeatable, not secret)
            cohort_without_project=school.DEMO_COHORT_ID,
            login=school.second_instructors_login(),
        )
        try:
            load.Driver(settings.LEARNINGAPI.url, token, plan, stop=stop).drive(rate=DEFAULT_RATE, until=math.inf)
        except load.LoadProblem as problem:
            self.stderr.write(f"load: {problem}")


def use_slack_of_this_machine() -> serving.Beside:
    """Points the service to a Slack that listens already; returns what lets it answer."""
    one = slack.Slack()
    settings.LEARNINGAPI = replace(settings.LEARNINGAPI, slack_url=one.url, slack_token=slack.TOKEN)
    return one.serve_until


def _end_with_parent(stop: Event) -> None:
    serving.end_with_parent()
