"""Drives a running service: a class in motion at a steady rate, with its everyday mistakes."""

import math
import random
import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from LearningAPI import load, school, tokens
from LearningAPI.scenes import Plan

DEFAULT_RATE = 2.0


class Command(BaseCommand):
    help = "Drives a running service over HTTP until --for is over, or until TERM or INT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rate", type=float, default=DEFAULT_RATE, help="requests a second (default 2)")
        parser.add_argument("--for", type=float, default=math.inf, dest="seconds", help="seconds (default: no end)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed asks the same things")
        parser.add_argument("--url", default=settings.LEARNINGAPI.url)
        parser.add_argument("--token", help="a staff token (default: the one load_school kept)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["rate"] < math.inf:
            raise CommandError("--rate is a number above 0")
        token = options["token"] or tokens.kept(settings.LEARNINGAPI.data_dir)
        if not token:
            raise CommandError("no token: run load_school first, or give --token")
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        # Somebody who logs in is known where the school was made on this machine.
        login = None if options["token"] else school.second_instructors_login()
        plan = Plan(random.Random(options["seed"]), login=login)  # noqa: S311  (repeatable, not secret)
        try:
            driver = load.Driver(options["url"], token, plan, stop=stop)
            statuses = driver.drive(rate=options["rate"], until=time.monotonic() + options["seconds"])
        except load.LoadProblem as problem:
            raise CommandError(str(problem)) from problem
        told = ", ".join(f"{status}: {times}" for status, times in sorted(statuses.items()))
        self.stdout.write(f"{statuses.total()} answers ({told})")
