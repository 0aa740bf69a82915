"""Serves the API on LEARNINGAPI_PORT until TERM or INT."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from LearningAPI import serving


class Command(BaseCommand):
    help = "Serves the Learning Platform API on LEARNINGAPI_HOST and LEARNINGAPI_PORT until TERM or INT."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            serving.serve(settings.LEARNINGAPI)
        except serving.PortBusy as problem:
            raise CommandError(str(problem)) from problem
