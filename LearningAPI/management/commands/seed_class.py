"""Makes the sample class. Prints the instructor's token alone on the last line and keeps it in the data folder."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from LearningAPI import sample_class, tokens


class Command(BaseCommand):
    help = "Makes the sample class: 3 cohorts, 2 courses, 24 students and an instructor. Repeating it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        planted = sample_class.plant()
        file = tokens.keep(settings.LEARNINGAPI.data_dir, planted.instructor_token)
        self.stderr.write(f"{planted.students} students, {planted.cohorts} cohorts; the token is kept in {file}")
        self.stdout.write(planted.instructor_token)
