"""Drives a running service over HTTP the way a school's staff does: mostly well, sometimes not.

Who is in which cohort is learned from the answers, so a load may start on any state and be restarted.
"""

import http.client
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from LearningAPI.school import (
    COHORT_IDS,
    COHORT_WITHOUT_PROJECT_ID,
    STUDENT_IDS,
    STUDENT_WITHOUT_PROJECT_ID,
)

ANSWER_TIMEOUT_S = 15.0
AWAY_RETRY_S = 1.0
TELL_AFTER_S = 5.0
STEPS_BETWEEN_SCENES = 100
UNKNOWN_ID = 4040
BAD_BODIES: tuple[bytes, ...] = (b'{"person_id": "eighty-eight"}', b"{}", b'{"person_id": 12', b"[]")

CREATED, NO_CONTENT, UNAUTHORIZED, FORBIDDEN = 201, 204, 401, 403


class LoadProblem(Exception):
    """The service refuses the load as a whole. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    method: str
    path: str
    body: bytes | None = None
    place: tuple[int, int] | None = None  # (student, cohort): whose place the answer tells about

    @classmethod
    def assign(cls, student: int, cohort: int) -> "Step":
        return cls("POST", f"/cohorts/{cohort}/assign", _json(person_id=student), (student, cohort))

    @classmethod
    def remove(cls, student: int, cohort: int) -> "Step":
        return cls("DELETE", f"/cohorts/{cohort}/assign", _json(student_id=student), (student, cohort))


@dataclass(slots=True)
class Plan:
    """What to ask next. The same seed against the same state asks the same."""

    random: random.Random
    taken: set[tuple[int, int]] = field(default_factory=set)
    asked: int = 0

    def next_step(self) -> Step:
        moment = self.asked % STEPS_BETWEEN_SCENES
        self.asked += 1
        # Student 88 leaves and joins again at the start of every scene: each time the project is missing.
        if moment == 0:
            return Step.remove(STUDENT_WITHOUT_PROJECT_ID, COHORT_WITHOUT_PROJECT_ID)
        if moment == 1:
            return Step.assign(STUDENT_WITHOUT_PROJECT_ID, COHORT_WITHOUT_PROJECT_ID)
        kinds, weights = zip(*KINDS, strict=True)
        kind: Callable[[Plan], Step] = self.random.choices(kinds, weights)[0]
        return kind(self)

    def learn(self, step: Step, status: int) -> None:
        """Places follow from the answers: after 201 or a refused assignment it is taken, otherwise free."""
        if step.place is None:
            return
        if step.method == "POST":
            self.taken.add(step.place)
        else:
            self.taken.discard(step.place)


def _assign(plan: Plan) -> Step:
    free = [place for place in PLACES if place not in plan.taken]
    return Step.assign(*plan.random.choice(free)) if free else _remove(plan)


def _remove(plan: Plan) -> Step:
    taken = [place for place in PLACES if place in plan.taken]
    return Step.remove(*plan.random.choice(taken)) if taken else _assign(plan)


def _assign_again(plan: Plan) -> Step:
    taken = [place for place in PLACES if place in plan.taken]
    return Step.assign(*plan.random.choice(taken)) if taken else _assign(plan)


def _unknown_person(plan: Plan) -> Step:
    person = UNKNOWN_ID + plan.random.randrange(100)
    return Step("POST", f"/cohorts/{plan.random.choice(COHORT_IDS)}/assign", _json(person_id=person))


def _unknown_cohort(plan: Plan) -> Step:
    cohort = UNKNOWN_ID + plan.random.randrange(100)
    return Step("POST", f"/cohorts/{cohort}/assign", _json(person_id=plan.random.choice(STUDENT_IDS)))


def _bad_body(plan: Plan) -> Step:
    cohort = plan.random.choice(COHORT_IDS)
    return Step("POST", f"/cohorts/{cohort}/assign", plan.random.choice(BAD_BODIES))


def _look(plan: Plan) -> Step:
    return Step("GET", plan.random.choice(["/cohorts", *(f"/cohorts/{cohort}" for cohort in COHORT_IDS)]))


PLACES = [
    (student, cohort) for cohort in COHORT_IDS for student in STUDENT_IDS if student != STUDENT_WITHOUT_PROJECT_ID
]
KINDS: list[tuple[Callable[[Plan], Step], int]] = [
    (_assign, 54),
    (_remove, 20),
    (_assign_again, 8),
    (_unknown_person, 4),
    (_unknown_cohort, 2),
    (_bad_body, 4),
    (_look, 8),
]


class Service:
    """The running service, over one kept connection."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise LoadProblem(f"{url!r} is no http or https address")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=ANSWER_TIMEOUT_S)
        self._headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}

    def ask(self, step: Step) -> int:
        """Returns the status of the answer. Raises OSError or HTTPException when there is none."""
        try:
            self._connection.request(step.method, step.path, step.body, self._headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        return answer.status

    def close(self) -> None:
        self._connection.close()


def drive(service: Service, plan: Plan, *, rate: float, until: float, stop: Event) -> Counter[int]:
    """Asks `rate` times a second until monotonic time `until` or `stop`; returns how often each status came.

    A service that is away is waited for. Raises LoadProblem when it does not take the token.
    """
    statuses: Counter[int] = Counter()
    due = time.monotonic()
    while not stop.wait(max(0.0, min(due, until) - time.monotonic())) and time.monotonic() < until:
        step = plan.next_step()
        status = _ask_until_answered(service, step, until=until, stop=stop)
        if status is None:
            break
        if status in {UNAUTHORIZED, FORBIDDEN}:
            raise LoadProblem("the service does not take this token: run load_school and give the one it prints")
        plan.learn(step, status)
        statuses[status] += 1
        # A late answer is not made up for: a burst would be no steady load.
        due = max(due + 1 / rate, time.monotonic())
    service.close()
    return statuses


def _ask_until_answered(service: Service, step: Step, *, until: float, stop: Event) -> int | None:
    told, tell_at = False, time.monotonic() + TELL_AFTER_S
    while not stop.is_set() and time.monotonic() < until:
        try:
            return service.ask(step)
        except (OSError, http.client.HTTPException) as problem:
            if not told and time.monotonic() > tell_at:
                print(f"load: no answer ({problem}); waiting for the service", file=sys.stderr)
                told = True
            stop.wait(AWAY_RETRY_S)
    return None


def _json(**values: Any) -> bytes:
    return json.dumps(values).encode()
