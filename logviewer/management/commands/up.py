"""`manage.py up`: becomes the supervisor, which does not carry Django."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from logviewer.supervisor.options import add_arguments

ROOT = Path(__file__).resolve().parents[3]


class Command(BaseCommand):
    help = "Run the whole product: Postgres unless DATABASE_URL names one, the web server, the worker."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        flags = {"--demo": options["demo"], "--no-web": not options["web"], "--no-worker": not options["worker"]}
        arguments = [flag for flag, is_set in flags.items() if is_set]
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        command = [sys.executable, "-m", "logviewer.supervisor", *arguments]
        os.execve(command[0], command, environment)  # noqa: S606 -- our own words, no shell
