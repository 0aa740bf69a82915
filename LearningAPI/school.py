"""A small school to try the service with: the same people, cohorts and courses on every machine, none of them real.

The ids are fixed because guides name them. Student 88 joins a cohort whose active course starts with a book that
has no project: the answer to "why did student 88 not get a project?" is in the log.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.authtoken.models import Token

from LearningAPI.models import Book, Cohort, CohortCourse, CohortInfo, Course, NssUser, Project
from LearningAPI.models.coursework import CLIENT_SIDE, SERVER_SIDE
from LearningAPI.models.people import INSTRUCTORS, STUDENTS

CLIENT_SIDE_ID, COURSE_WITHOUT_PROJECT_ID, SERVER_SIDE_ID = 1, 2, 3
COHORT_IDS = (1, 2)
COHORT_WITHOUT_PROJECT_ID = 3
DEMO_COHORT_ID = 12
INSTRUCTOR_ID = 1
STUDENT_IDS = range(65, 89)
STUDENT_WITHOUT_PROJECT_ID = 88


@dataclass(frozen=True, slots=True)
class SampleCohort:
    name: str
    channel: str
    server_course_id: int
    active: int  # the side that the cohort is on


COHORTS = {
    1: SampleCohort("Day Cohort 71", "day-cohort-71", SERVER_SIDE_ID, CLIENT_SIDE),
    2: SampleCohort("Evening Cohort 24", "evening-cohort-24", SERVER_SIDE_ID, CLIENT_SIDE),
    COHORT_WITHOUT_PROJECT_ID: SampleCohort("Day Cohort 70", "day-cohort-70", COURSE_WITHOUT_PROJECT_ID, SERVER_SIDE),
}
# Beside the others in the demo only, for the cohort that guides ask about.
DEMO_COHORTS = {
    DEMO_COHORT_ID: SampleCohort("Day Cohort 72", "day-cohort-72", COURSE_WITHOUT_PROJECT_ID, SERVER_SIDE),
}
COURSES = {
    CLIENT_SIDE_ID: "Client Side: JavaScript",
    COURSE_WITHOUT_PROJECT_ID: "Server Side: Python",
    SERVER_SIDE_ID: "Server Side: C#",
}
BOOKS: dict[int, dict[str, list[str]]] = {
    CLIENT_SIDE_ID: {
        "Martin's Aquarium": ["Fish Tank", "Care Tips"],
        "Honey Rae's": ["Repair Tickets", "Service Desk"],
        "Thomas Brown": ["Metalworks Orders"],
    },
    COURSE_WITHOUT_PROJECT_ID: {
        "Terminal Orientation": [],
        "Bangazon": ["Orders API", "Payments API"],
        "Rare": ["Publishing API"],
    },
    SERVER_SIDE_ID: {
        "Loncotes Library": ["Lending API", "Overdue Notices"],
        "Hillary's Hair Care": ["Appointments API"],
    },
}
INSTRUCTOR_NAMES = [("Ines", "Tutor"), ("Marek", "Tutor"), ("Salma", "Tutor")]
FIRST_NAMES = ["Amara", "Bohdan", "Chidi", "Dilnoza", "Emre", "Freya", "Goran", "Hana"]
LAST_NAMES = ["Okonkwo", "Lindqvist", "Marchetti"]


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """One person with what it takes to act as them. `id` is the NssUser's, `user_id` the account's."""

    id: int
    user_id: int
    username: str
    token: str
    password: str | None  # None: may act by token only


@dataclass(frozen=True, slots=True)
class Named:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class SampleSchool:
    cohorts: list[Named]
    courses: list[Named]
    instructors: list[SamplePerson]
    students: list[SamplePerson]


@transaction.atomic
def plant(cohorts: Mapping[int, SampleCohort] = COHORTS) -> SampleSchool:
    """Makes whatever of the school is missing and returns what there is. What exists is left as it is."""
    for course_id, name in COURSES.items():
        _plant_course(course_id, name)
    for cohort_id, sample in cohorts.items():
        _plant_cohort(cohort_id, sample)
    instructors = [
        _plant_person(INSTRUCTOR_ID + place, f"{first}.{last}".lower(), first, last, group=INSTRUCTORS)
        for place, (first, last) in enumerate(INSTRUCTOR_NAMES)
    ]
    students = [
        _plant_person(
            student_id,
            f"student{student_id}",
            FIRST_NAMES[place % len(FIRST_NAMES)],
            LAST_NAMES[place // len(FIRST_NAMES)],
            group=STUDENTS,
        )
        for place, student_id in enumerate(STUDENT_IDS)
    ]
    _take_sequences_past_fixed_ids([Course, Cohort, NssUser])
    named = [Named(pk, sample.name) for pk, sample in cohorts.items()]
    return SampleSchool(named, [Named(pk, name) for pk, name in COURSES.items()], instructors, students)


def _plant_course(course_id: int, name: str) -> None:
    course, _ = Course.objects.get_or_create(pk=course_id, defaults={"name": name})
    for book_index, (book_name, projects) in enumerate(BOOKS[course_id].items()):
        book, _ = Book.objects.get_or_create(course=course, index=book_index, defaults={"name": book_name})
        for index, project_name in enumerate(projects):
            Project.objects.get_or_create(book=book, index=index, defaults={"name": project_name})


def _plant_cohort(cohort_id: int, sample: SampleCohort) -> None:
    start = timezone.localdate() - timedelta(days=30 * cohort_id)
    defaults = {
        "name": sample.name,
        "slack_channel": sample.channel,
        "start_date": start,
        "break_start_date": start + timedelta(days=80),
        "break_end_date": start + timedelta(days=87),
        "end_date": start + timedelta(days=180),
        "active": True,
    }
    cohort, made = Cohort.objects.get_or_create(pk=cohort_id, defaults=defaults)
    if not made:  # it may have moved on to another course meanwhile
        return
    CohortInfo.objects.create(cohort=cohort)
    for index, course_id in ((CLIENT_SIDE, CLIENT_SIDE_ID), (SERVER_SIDE, sample.server_course_id)):
        CohortCourse.objects.create(cohort=cohort, course_id=course_id, index=index, active=index == sample.active)


def _plant_person(person_id: int, username: str, first: str, last: str, *, group: str) -> SamplePerson:
    """Instructors are staff and may log in with a password; students have a token only."""
    is_instructor = group == INSTRUCTORS
    password = password_of(username) if is_instructor else None
    user, made = User.objects.get_or_create(
        username=username,
        defaults={
            "first_name": first,
            "last_name": last,
            "email": f"{username}@school.example",
            "is_staff": is_instructor,
        },
    )
    if made or (password and not user.has_usable_password()):
        user.set_password(password)
        user.save(update_fields=["password"])
    user.groups.add(Group.objects.get_or_create(name=group)[0])
    person, _ = NssUser.objects.get_or_create(pk=person_id, defaults={"user": user})
    token, _ = Token.objects.get_or_create(user=user)
    return SamplePerson(person.pk, user.pk, username, token.key, password)


def second_instructors_login() -> dict[str, str]:
    """With what somebody logs in while the first instructor's token is in use: logging out would end that."""
    username = ".".join(INSTRUCTOR_NAMES[1]).lower()
    return {"username": username, "password": password_of(username)}


def password_of(username: str) -> str:
    """Another one on every machine, and the same each time on one: it follows from the secret key."""
    return salted_hmac("LearningAPI.school", username).hexdigest()[:24]


def _take_sequences_past_fixed_ids(kinds: Iterable[type[models.Model]]) -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(kinds)):
            cursor.execute(statement)
