"""Drives a running service over HTTP: asks what a plan says, at a steady rate, until it shall stop."""

import http.client
import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from LearningAPI.scenes import Answer, Plan, Step

ANSWER_TIMEOUT_S = 15.0
AWAY_RETRY_S = 1.0
TELL_AFTER_S = 5.0
UNAUTHORIZED, FORBIDDEN = 401, 403


class LoadProblem(Exception):
    """The service refuses the load as a whole. The message says what to do."""


class Service:
    """The running service, over one kept connection."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise LoadProblem(f"{url!r} is no http or https address")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=ANSWER_TIMEOUT_S)
        self._token = token

    def ask(self, step: Step) -> Answer:
        """Returns what was answered. Raises OSError or HTTPException when nothing was."""
        token = self._token if step.token is None else step.token
        headers = {"Content-Type": "application/json", **({"Authorization": f"Token {token}"} if token else {})}
        try:
            self._connection.request(step.method, step.path, step.body, headers)
            answer = self._connection.getresponse()
            return Answer(answer.status, _json_of(answer))
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self) -> None:
        self._connection.close()


class Driver:
    """Asks a service what a plan says. `statuses` counts how often each status came."""

    def __init__(self, url: str, token: str, plan: Plan, *, stop: Event) -> None:
        self.plan, self.stop = plan, stop
        self.statuses: Counter[int] = Counter()
        self._services = (Service(url, token), Service(url, token))  # two, for races

    def drive(self, *, rate: float, until: float) -> Counter[int]:
        """Asks `rate` times a second until monotonic time `until` or `stop`; returns `statuses`.

        A service that is away is waited for. Raises LoadProblem when it does not take the token.
        """
        due = time.monotonic()
        while not self.stop.wait(max(0.0, min(due, until) - time.monotonic())) and time.monotonic() < until:
            step = self.plan.next_step()
            answers = self._answers(step, until=until)
            if not answers:
                break
            self._take(step, answers)
            # A late answer is not made up for: a burst would be no steady load.
            due = max(due + 1 / rate, time.monotonic())
        for service in self._services:
            service.close()
        return self.statuses

    def _take(self, step: Step, answers: list[Answer]) -> None:
        if step.token is None and any(answer.status in {UNAUTHORIZED, FORBIDDEN} for answer in answers):
            raise LoadProblem("the service does not take this token: run load_school and give one that it prints")
        self.statuses.update(answer.status for answer in answers)
        self.plan.learn(answers[0])

    def _answers(self, step: Step, *, until: float) -> list[Answer]:
        """Waits for a service that is away; nothing if that takes until the end."""
        told, tell_at = False, time.monotonic() + TELL_AFTER_S
        while not self.stop.is_set() and time.monotonic() < until:
            try:
                return self._ask(step)
            except (OSError, http.client.HTTPException) as problem:
                if not told and time.monotonic() > tell_at:
                    print(f"load: no answer ({problem}); waiting for the service", file=sys.stderr)
                    told = True
                self.stop.wait(AWAY_RETRY_S)
        return []

    def _ask(self, step: Step) -> list[Answer]:
        if step.times_at_once == 1:
            return [self._services[0].ask(step)]
        with ThreadPoolExecutor(len(self._services)) as together:
            return list(together.map(lambda service: service.ask(step), self._services))


def _json_of(answer: http.client.HTTPResponse) -> Any:
    try:
        return json.loads(answer.read())
    except ValueError:
        return None
