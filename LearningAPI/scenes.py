"""A class in motion: what a school's staff asks of the service, mostly well, sometimes not.

A scene is a generator. It yields what to ask and is sent what was answered, so it goes on from what is really so: a
load may start on any state, be restarted, or run beside another.
"""

import json
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from LearningAPI.school import (
    CLIENT_SIDE_ID,
    COHORT_IDS,
    COHORT_WITHOUT_PROJECT_ID,
    SERVER_SIDE_ID,
    STUDENT_IDS,
    STUDENT_WITHOUT_PROJECT_ID,
)

CREATED, OK, BAD_REQUEST = 201, 200, 400
ASKED_BETWEEN_MISSING_PROJECTS = 100
MOST_AT_ONCE = 6
GO_ON = 0.6
UNKNOWN_ID = 4040
FIRST_DAY = date(2026, 1, 5)
WRONG_TOKEN = "0" * 40
BAD_BODIES: tuple[bytes, ...] = (b'{"person_id": "eighty-eight"}', b"{}", b'{"person_id": 12', b"[]")


@dataclass(frozen=True, slots=True)
class Step:
    method: str
    path: str
    body: bytes | None = None
    token: str | None = None  # None: that of the instructor who drives; "": none at all
    times_at_once: int = 1  # 2: a race with oneself


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any = None


Scene = Generator[Step, Answer, None]


def ask(method: str, path: str, body: object = None, *, token: str | None = None, times_at_once: int = 1) -> Step:
    return Step(method, path, None if body is None else json.dumps(body).encode(), token, times_at_once)


@dataclass(slots=True)
class Plan:
    """What to ask next. The same seed and the same answers ask the same. After each step comes its `learn`."""

    random: random.Random
    cohort_without_project: int = COHORT_WITHOUT_PROJECT_ID
    login: dict[str, str] | None = None  # "username" and "password" of an instructor who may log in
    taken: set[tuple[int, int]] = field(default_factory=set)  # (student, cohort)
    waiting: list[tuple[Scene, Step]] = field(default_factory=list)
    asked: int = 0
    current: Scene | None = None

    def next_step(self) -> Step:
        scene, step = self._choose()
        self.current = scene
        self.asked += 1
        return step

    def learn(self, answer: Answer) -> None:
        """Lets the scene of the last step go on from its answer."""
        scene = self.current
        if scene is None:
            return
        try:
            self.waiting.append((scene, scene.send(answer)))
        except StopIteration:
            self.current = None

    def _choose(self) -> tuple[Scene, Step]:
        if self.asked % ASKED_BETWEEN_MISSING_PROJECTS == 0:
            return _begun(missing_project(self))
        goes_on = self.waiting and (len(self.waiting) >= MOST_AT_ONCE or self.random.random() < GO_ON)
        if goes_on:
            return self.waiting.pop(self.random.randrange(len(self.waiting)))
        scenes, weights = zip(*SCENES, strict=True)
        begin: Callable[[Plan], Scene] = self.random.choices(scenes, weights)[0]
        return _begun(begin(self))

    def free_place(self) -> tuple[int, int] | None:
        return self._one_of([place for place in PLACES if place not in self.taken])

    def taken_place(self) -> tuple[int, int] | None:
        return self._one_of([place for place in PLACES if place in self.taken])

    def cohort(self) -> int:
        chosen: int = self.random.choice(COHORT_IDS)
        return chosen

    def _one_of(self, places: list[tuple[int, int]]) -> tuple[int, int] | None:
        return self.random.choice(places) if places else None


def _begun(scene: Scene) -> tuple[Scene, Step]:
    return scene, next(scene)


def assignment(plan: Plan) -> Scene:
    place = plan.free_place()
    if place is None:  # the cohorts are full
        yield from removal(plan)
        return
    answer = yield assign(*place)
    if answer.status in {CREATED, BAD_REQUEST}:
        plan.taken.add(place)


def removal(plan: Plan) -> Scene:
    place = plan.taken_place() or PLACES[0]
    yield remove(*place)
    plan.taken.discard(place)


def repeated_assignment(plan: Plan) -> Scene:
    place = plan.taken_place() or plan.free_place() or PLACES[0]
    yield assign(*place)
    yield assign(*place)
    plan.taken.add(place)


def race(plan: Plan) -> Scene:
    """Two instructors assign the same student in the same moment."""
    place = plan.free_place() or PLACES[0]
    yield assign(*place, times_at_once=2)
    plan.taken.add(place)


def missing_project(plan: Plan) -> Scene:
    """Student 88 leaves and joins again: each time there is no project to be given."""
    yield remove(STUDENT_WITHOUT_PROJECT_ID, plan.cohort_without_project)
    yield assign(STUDENT_WITHOUT_PROJECT_ID, plan.cohort_without_project)


def instructors_day(plan: Plan) -> Scene:
    """Joins a cohort, joins it again and another by mistake, writes to its channel, and leaves."""
    here, elsewhere = COHORT_IDS
    yield ask("POST", f"/cohorts/{here}/assign?userType=instructor")
    yield ask("POST", f"/cohorts/{plan.random.choice([here, elsewhere])}/assign?userType=instructor")
    for _ in range(plan.random.randint(1, 4)):
        yield ask("POST", "/notify", {"message": "Stand-up starts in ten minutes."})
    yield ask("DELETE", f"/cohorts/{here}/assign?userType=instructor")


def life_of_a_cohort(plan: Plan) -> Scene:
    """It is made, gets students, moves to the server side, is moved once more by mistake, and is dissolved."""
    number = plan.random.randrange(10_000)
    starts = FIRST_DAY + timedelta(weeks=plan.random.randrange(40))
    wanted = {
        "name": f"Summer Cohort {number}",
        "slackChannel": f"summer-cohort-{number}",
        "startDate": starts.isoformat(),
        "endDate": (starts + timedelta(days=180)).isoformat(),
        "clientSide": CLIENT_SIDE_ID,
        "serverSide": SERVER_SIDE_ID,
    }
    made = yield ask("POST", "/cohorts", wanted)
    if made.status != CREATED:
        return
    cohort = made.body["id"]
    students = plan.random.sample(STUDENT_IDS, 3)
    yield ask("GET", f"/cohorts/{cohort}/progress")  # before anybody is in it
    yield ask("PUT", f"/cohorts/{cohort}/active", {"active": True})
    for student in students:
        yield assign(student, cohort)
    yield ask("DELETE", f"/cohorts/{cohort}")  # refused: it has members
    yield ask("PUT", f"/cohorts/{cohort}/migrate")
    yield ask("PUT", f"/cohorts/{cohort}/migrate")
    for student in students:
        yield remove(student, cohort)
    yield ask("DELETE", f"/cohorts/{cohort}")


def look(plan: Plan) -> Scene:
    yield ask("GET", plan.random.choice(["/cohorts", "/cohorts?active=true", f"/cohorts/{plan.cohort()}"]))


def unknown_person(plan: Plan) -> Scene:
    yield assign(UNKNOWN_ID + plan.random.randrange(100), plan.cohort())


def unknown_cohort(plan: Plan) -> Scene:
    yield assign(plan.random.choice(STUDENT_IDS), UNKNOWN_ID + plan.random.randrange(100))


def bad_body(plan: Plan) -> Scene:
    yield Step("POST", f"/cohorts/{plan.cohort()}/assign", plan.random.choice(BAD_BODIES))


def stranger(plan: Plan) -> Scene:
    yield ask("PUT", f"/cohorts/{plan.cohort()}/active", {"active": False}, token=WRONG_TOKEN)


def session(plan: Plan) -> Scene:
    """Somebody mistypes a password; an instructor, if one is known, logs in, looks around and logs out."""
    known = plan.login or {"username": "nobody"}
    mistyped = {"username": known["username"], "password": "a slip of the finger"}
    yield ask("POST", "/accounts/verify", mistyped, token="")
    if plan.login is None:
        return
    answer = yield ask("POST", "/accounts/verify", plan.login, token="")
    if answer.status != OK:
        return
    token = answer.body["token"]
    yield ask("GET", "/cohorts", token=token)
    yield ask("POST", "/accounts/logout", token=token)


def assign(student: int, cohort: int, *, times_at_once: int = 1) -> Step:
    return ask("POST", f"/cohorts/{cohort}/assign", {"person_id": student}, times_at_once=times_at_once)


def remove(student: int, cohort: int) -> Step:
    return ask("DELETE", f"/cohorts/{cohort}/assign", {"student_id": student})


PLACES = [
    (student, cohort) for cohort in COHORT_IDS for student in STUDENT_IDS if student != STUDENT_WITHOUT_PROJECT_ID
]
# Scenes differ in length: these are how often each begins.
SCENES: list[tuple[Callable[[Plan], Scene], int]] = [
    (assignment, 48),
    (removal, 18),
    (look, 10),
    (repeated_assignment, 4),
    (race, 3),
    (unknown_person, 4),
    (unknown_cohort, 2),
    (bad_body, 4),
    (stranger, 1),
    (session, 2),
    (instructors_day, 2),
    (life_of_a_cohort, 2),
]
