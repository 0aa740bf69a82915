"""Who is in which cohort, and the first project that a new student is given.

Each function is one transaction that locks the cohort first and the person second, so that requests about the same
ones wait for each other instead of racing. Every event carries the `cohort_id` and the `user_id` who acts, which are
bound already; `student_id` and `instructor_id` name the person it happens to.
"""

from django.db import DatabaseError, transaction

from LearningAPI.cohorts import lock_cohort
from LearningAPI.errors import Missing, Refused, telling_of_the_unexpected
from LearningAPI.models import Cohort, CohortCourse, NssUser, NssUserCohort, Project, StudentProject
from LearningAPI.models.coursework import NoFirstProject
from LearningAPI.utils.logging import bind_request_context, get_logger, student_name

logger = get_logger("cohort")


@telling_of_the_unexpected("unexpected_error_during_assignment")
@transaction.atomic
def assign_student(cohort_id: int, student_id: int) -> None:
    """Puts a student into the cohort and gives the first project of its active course.

    Raises Missing for an unknown cohort or person, and Refused for one who is in the cohort already. A project that
    cannot be given does not undo the place in the cohort; it is logged as an error.
    """
    bind_request_context(student_id=student_id)
    cohort = lock_cohort(cohort_id)
    logger.info("student_assignment_attempt")
    student = _lock_student(student_id)
    place = NssUserCohort.objects.filter(nss_user=student, cohort=cohort).first()
    if place is not None:
        logger.info("user_already_assigned_to_cohort", assignment_id=place.pk)
        raise Refused("Person is already assigned to cohort", code="user_already_assigned_to_cohort")
    _create_place(cohort, student)
    _give_first_project(cohort, student)


@telling_of_the_unexpected("unexpected_error_during_assignment")
@transaction.atomic
def assign_instructor(cohort_id: int, account_id: int) -> None:
    """Puts the calling instructor into the cohort; instructors are in one cohort at a time."""
    cohort = lock_cohort(cohort_id)
    logger.info("instructor_assignment_attempt")
    instructor = _lock_instructor(account_id)
    place = instructor.assigned_cohorts.select_related("cohort").order_by("-pk").first()
    if place is not None:
        logger.info("instructor_already_assigned", current_cohort_id=place.cohort_id)
        raise Refused(
            f"Instructor cannot be in more than 1 cohort at a time. Currently assigned to cohort {place.cohort.name}",
            code="instructor_already_assigned",
        )
    logger.debug("instructor_not_assigned_to_any_cohort")
    _create_place(cohort, instructor)


@telling_of_the_unexpected("unexpected_error_during_removal")
@transaction.atomic
def remove_student(cohort_id: int, student_id: int | None) -> None:
    """Takes a student out of the cohort. Projects stay: they are the student's work."""
    if student_id is not None:
        bind_request_context(student_id=student_id)
    cohort = lock_cohort(cohort_id)
    if student_id is None:
        raise Refused("Please provide a student ID to remove.", code="student_id_required")
    logger.info("student_removal_attempt")
    _delete_place(cohort, _lock_student(student_id))


@telling_of_the_unexpected("unexpected_error_during_removal")
@transaction.atomic
def remove_instructor(cohort_id: int, account_id: int) -> None:
    """Takes the calling instructor out of the cohort."""
    cohort = lock_cohort(cohort_id)
    logger.info("instructor_removal_attempt")
    _delete_place(cohort, _lock_instructor(account_id))


def _create_place(cohort: Cohort, person: NssUser) -> None:
    logger.info("creating_cohort_assignment")
    place = NssUserCohort.objects.create(nss_user=person, cohort=cohort)
    logger.info("cohort_assignment_created", assignment_id=place.pk, members=cohort.members.count())


def _delete_place(cohort: Cohort, person: NssUser) -> None:
    removed, _ = NssUserCohort.objects.filter(nss_user=person, cohort=cohort).delete()
    if not removed:
        logger.info("user_not_assigned_to_cohort")
        raise Refused("Student is not assigned to that cohort.", code="user_not_assigned_to_cohort")
    logger.info("cohort_assignment_deleted", members=cohort.members.count(), projects_kept=person.projects.count())


def _give_first_project(cohort: Cohort, student: NssUser) -> None:
    logger.info("assigning_student_to_first_project")
    try:
        with transaction.atomic():  # a savepoint: the place in the cohort outlives what fails here
            project = _first_project(cohort)
            _, given = StudentProject.objects.get_or_create(student=student, project=project)
    except NoFirstProject as problem:
        logger.exception("failed_to_assign_student_to_project", reason=problem.reason, course_id=problem.course_id)
    except DatabaseError:
        logger.exception("failed_to_assign_student_to_project", reason="database")
    else:
        logger.info("student_assigned_to_project", project_id=project.pk, had_it_before=not given)


def _first_project(cohort: Cohort) -> Project:
    taken = CohortCourse.objects.filter(cohort=cohort, active=True).select_related("course").first()
    if taken is None:
        raise NoFirstProject(f"cohort {cohort.pk} has no active course", reason="no_active_course")
    project = taken.course.first_project()
    logger.debug("first_project_found", project_id=project.pk, book_id=project.book_id, course_id=taken.course_id)
    return project


def _lock_student(student_id: int) -> NssUser:
    student = NssUser.objects.select_for_update(no_key=True).filter(pk=student_id).first()
    if student is None:
        raise _unknown_person()
    logger.debug("student_found", cohorts=student.assigned_cohorts.count(), **student_name(student))
    return student


def _lock_instructor(account_id: int) -> NssUser:
    instructor = NssUser.objects.select_for_update(no_key=True).filter(user=account_id).first()
    if instructor is None:
        raise _unknown_person()
    bind_request_context(instructor_id=instructor.pk)
    logger.debug("instructor_found")
    return instructor


def _unknown_person() -> Missing:
    logger.info("user_not_found")
    return Missing("NssUser matching query does not exist.", code="user_not_found")
