"""Cohorts themselves: made, changed, moved to the server side and deleted, each in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation
from rest_framework.exceptions import ValidationError

from LearningAPI.errors import Missing, Refused, telling_of_the_unexpected
from LearningAPI.models import Cohort, CohortCourse, CohortInfo, NssUser, Project, StudentProject
from LearningAPI.models.coursework import CLIENT_SIDE, SERVER_SIDE, NoFirstProject
from LearningAPI.models.people import CohortQuerySet
from LearningAPI.serializers import CohortChange
from LearningAPI.utils.logging import bind_request_context, get_logger

logger = get_logger("cohort")


def find_cohort(cohort_id: int, *, among: CohortQuerySet | None = None) -> Cohort:
    """Returns the cohort (of `among`, by default of all). Raises Missing."""
    cohort = (Cohort.objects.all() if among is None else among).filter(pk=cohort_id).first()
    if cohort is None:
        logger.info("cohort_not_found")
        raise Missing("Cohort matching query does not exist.", code="cohort_not_found")
    logger.debug("cohort_found", active=cohort.active)
    return cohort


def lock_cohort(cohort_id: int) -> Cohort:
    """As `find_cohort`; until the transaction ends, whoever else changes the cohort or its members waits."""
    return find_cohort(cohort_id, among=Cohort.objects.select_for_update(no_key=True))


def create_cohort(wanted: dict[str, Any]) -> Cohort:
    """Makes what `NewCohort` has validated, on the client side and not active yet. Raises ValidationError."""
    with _refusing_a_name_taken_meanwhile(), transaction.atomic():
        cohort = Cohort.objects.create(
            name=wanted["name"],
            slack_channel=wanted["slack_channel"],
            start_date=wanted["start_date"],
            end_date=wanted["end_date"],
            # Breaks are entered later; until then there is one of no days.
            break_start_date=wanted["end_date"],
            break_end_date=wanted["end_date"],
        )
        bind_request_context(cohort_id=cohort.pk)
        for index, side in ((CLIENT_SIDE, "client_side"), (SERVER_SIDE, "server_side")):
            CohortCourse.objects.create(cohort=cohort, course=wanted[side], index=index, active=index == CLIENT_SIDE)
        CohortInfo.objects.create(cohort=cohort, student_organization_url=wanted["student_organization_url"])
    return cohort


def update_cohort(cohort_id: int, wanted: Any) -> None:
    """Changes what `CohortChange` accepts of `wanted`. Raises Missing and ValidationError."""
    with _refusing_a_name_taken_meanwhile(), transaction.atomic():
        cohort = lock_cohort(cohort_id)
        change = CohortChange(cohort, data=wanted)
        change.is_valid(raise_exception=True)
        change.save()


@transaction.atomic
def set_active(cohort_id: int, *, active: bool) -> None:
    cohort = lock_cohort(cohort_id)
    cohort.active = active
    cohort.save(update_fields=["active"])
    logger.info("cohort_activated" if active else "cohort_deactivated")


@transaction.atomic
def delete_cohort(cohort_id: int) -> None:
    """Raises Missing, and Refused as long as anybody is in the cohort."""
    cohort = find_cohort(cohort_id, among=Cohort.objects.select_for_update())
    members = cohort.members.count()
    if members:
        logger.info("cohort_has_members", members=members)
        raise Refused("Cohort still has members. Remove them first.", code="cohort_has_members")
    cohort.delete()


@telling_of_the_unexpected("unexpected_error_during_migration")
@transaction.atomic
def migrate_to_server_side(cohort_id: int) -> None:
    """Moves the cohort from its client side course to its server side course and gives its students the first project.

    Students are members who are neither staff nor inactive. A project that a student has already stays as it is.
    Raises Missing where a course or the project is not there, so also for a cohort that has moved before.
    """
    cohort = lock_cohort(cohort_id)
    logger.info("cohort_migration_attempt")
    client = cohort.courses.filter(index=CLIENT_SIDE, active=True).first()
    if client is None:
        raise _cannot_migrate("Cohort has no active client side course.", "no_active_client_course")
    server = cohort.courses.filter(index=SERVER_SIDE, active=False).select_related("course").first()
    if server is None:
        raise _cannot_migrate("Cohort has no inactive server side course.", "no_inactive_server_course")
    try:
        project = server.course.first_project()
    except NoFirstProject as problem:
        raise _cannot_migrate("The server side course has no first project.", problem.reason) from problem
    logger.debug("first_project_found", project_id=project.pk, book_id=project.book_id, course_id=server.course_id)
    _give_to_students(cohort, project)
    _switch(client, server)


def _give_to_students(cohort: Cohort, project: Project) -> None:
    students = NssUser.objects.filter(
        assigned_cohorts__cohort=cohort, user__is_active=True, user__is_staff=False
    ).exclude(projects__project=project)
    given = [StudentProject(student=student, project=project) for student in students]
    StudentProject.objects.bulk_create(given, ignore_conflicts=True)
    logger.info("students_assigned_to_project", project_id=project.pk, student_ids=[each.student_id for each in given])


def _switch(before: CohortCourse, after: CohortCourse) -> None:
    # In this order: a cohort has one active course at any moment.
    before.active = False
    before.save(update_fields=["active"])
    after.active = True
    after.save(update_fields=["active"])
    logger.info("cohort_course_switched", from_course_id=before.course_id, to_course_id=after.course_id)


def _cannot_migrate(sentence: str, code: str) -> Missing:
    logger.info("cohort_cannot_migrate", reason=code)
    return Missing(sentence, code=code, key="reason")


@contextmanager
def _refusing_a_name_taken_meanwhile() -> Iterator[None]:
    """The serializer has looked, and somebody else may have been faster."""
    try:
        yield
    except IntegrityError as problem:
        if not isinstance(problem.__cause__, UniqueViolation):
            raise
        raise ValidationError({"name": "A cohort has this name already."}, code="unique") from problem
