"""Makes the sample school and prints its ids and tokens as one JSON object, for programs that use the service."""

import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from LearningAPI import school, tokens


class Command(BaseCommand):
    help = "Makes the sample school: 3 cohorts, 3 courses, 24 students, 3 instructors. Repeating it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        planted = school.plant()
        file = tokens.keep(settings.LEARNINGAPI.data_dir, planted.instructors[0].token)
        self.stderr.write(
            f"{len(planted.students)} students, {len(planted.cohorts)} cohorts; an instructor's token is kept in {file}"
        )
        self.stdout.write(json.dumps(asdict(planted), indent=2))
