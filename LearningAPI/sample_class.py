"""A small class to try the service with: the same people, cohorts and courses on every machine.

The ids are fixed because `load` and the guides name them. Student 88 joins a cohort whose active course starts
with a book that has no project: the answer to "why did student 88 not get a project?" is in the log.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone
from rest_framework.authtoken.models import Token

from LearningAPI.models import Book, Cohort, CohortCourse, CohortInfo, Course, NssUser, Project

CLIENT_SIDE_ID, SERVER_SIDE_ID = 1, 2
COHORT_IDS = (1, 2)
COHORT_WITHOUT_PROJECT_ID = 3
INSTRUCTOR_ID = 1
STUDENT_IDS = range(65, 89)
STUDENT_WITHOUT_PROJECT_ID = 88

COHORTS = {1: "Day Cohort 71", 2: "Evening Cohort 24", COHORT_WITHOUT_PROJECT_ID: "Day Cohort 70"}
ACTIVE_COURSE = {1: CLIENT_SIDE_ID, 2: CLIENT_SIDE_ID, COHORT_WITHOUT_PROJECT_ID: SERVER_SIDE_ID}
COURSES = {CLIENT_SIDE_ID: "Client Side: JavaScript", SERVER_SIDE_ID: "Server Side: Python"}
BOOKS: dict[int, dict[str, list[str]]] = {
    CLIENT_SIDE_ID: {
        "Martin's Aquarium": ["Fish Tank", "Care Tips"],
        "Honey Rae's": ["Repair Tickets", "Service Desk"],
        "Thomas Brown": ["Metalworks Orders"],
    },
    SERVER_SIDE_ID: {
        "Terminal Orientation": [],
        "Bangazon": ["Orders API", "Payments API"],
        "Rare": ["Publishing API"],
    },
}
FIRST_NAMES = ["Amara", "Bohdan", "Chidi", "Dilnoza", "Emre", "Freya", "Goran", "Hana"]
LAST_NAMES = ["Okonkwo", "Lindqvist", "Marchetti"]


@dataclass(frozen=True, slots=True)
class SampleClass:
    instructor_token: str
    students: int
    cohorts: int


@transaction.atomic
def plant() -> SampleClass:
    """Makes whatever of the class is missing and returns what there is. What exists is left as it is."""
    for course_id, name in COURSES.items():
        _plant_course(course_id, name)
    for cohort_id, name in COHORTS.items():
        _plant_cohort(cohort_id, name)
    instructor = _plant_person(INSTRUCTOR_ID, "ines.tutor", "Ines", "Tutor", staff=True)
    instructor.user.groups.add(Group.objects.get_or_create(name="Instructors")[0])
    students = Group.objects.get_or_create(name="Students")[0]
    for place, student_id in enumerate(STUDENT_IDS):
        first, last = FIRST_NAMES[place % len(FIRST_NAMES)], LAST_NAMES[place // len(FIRST_NAMES)]
        _plant_person(student_id, f"student{student_id}", first, last).user.groups.add(students)
    _take_sequences_past_fixed_ids([Course, Cohort, NssUser])
    token, _ = Token.objects.get_or_create(user=instructor.user)
    return SampleClass(token.key, students=len(STUDENT_IDS), cohorts=len(COHORTS))


def _plant_course(course_id: int, name: str) -> None:
    course, _ = Course.objects.get_or_create(pk=course_id, defaults={"name": name})
    for book_index, (book_name, projects) in enumerate(BOOKS[course_id].items()):
        book, _ = Book.objects.get_or_create(course=course, index=book_index, defaults={"name": book_name})
        for index, project_name in enumerate(projects):
            Project.objects.get_or_create(book=book, index=index, defaults={"name": project_name})


def _plant_cohort(cohort_id: int, name: str) -> None:
    start = timezone.localdate() - timedelta(days=30 * cohort_id)
    dates = {
        "start_date": start,
        "break_start_date": start + timedelta(days=80),
        "break_end_date": start + timedelta(days=87),
        "end_date": start + timedelta(days=180),
    }
    cohort, _ = Cohort.objects.get_or_create(pk=cohort_id, defaults={"name": name, "active": True, **dates})
    CohortInfo.objects.get_or_create(cohort=cohort)
    for index, course_id in enumerate(COURSES):
        CohortCourse.objects.get_or_create(
            cohort=cohort,
            course_id=course_id,
            defaults={"index": index, "active": ACTIVE_COURSE[cohort_id] == course_id},
        )


def _plant_person(person_id: int, username: str, first: str, last: str, *, staff: bool = False) -> NssUser:
    user, made = User.objects.get_or_create(
        username=username,
        defaults={
            "first_name": first,
            "last_name": last,
            "email": f"{username}@school.example",
            "is_staff": staff,
        },
    )
    if made:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return NssUser.objects.get_or_create(pk=person_id, defaults={"user": user})[0]


def _take_sequences_past_fixed_ids(kinds: Iterable[type[models.Model]]) -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(kinds)):
            cursor.execute(statement)
