"""What `manage.py up` can be told, shared by the command and the process it becomes."""

import argparse
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    demo: bool
    web: bool
    worker: bool

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> "Options":
        return cls(demo=parsed.demo, web=parsed.web, worker=parsed.worker)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demo", action="store_true", help="also run the Learning Platform API, which sends events")
    parser.add_argument("--no-web", dest="web", action="store_false", help="no web server in this process")
    parser.add_argument("--no-worker", dest="worker", action="store_false", help="no worker in this process")
