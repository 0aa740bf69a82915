"""Who is in which cohort, and the first project that a new student is given.

Every event below carries the request's `cohort_id` and `actor_id`, which the view bound to the log context, and
from the attempt on the `student_id`: the person something happens to, never the one who acts.
"""

import structlog
from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from LearningAPI.errors import Missing, Refused
from LearningAPI.models import Book, Cohort, CohortCourse, NssUser, NssUserCohort, Project, StudentProject

log = structlog.get_logger(__name__)


class NoFirstProject(Exception):
    """A cohort's students have no project to start with. `reason` and `course_id` go into the log."""

    def __init__(self, message: str, *, reason: str, course_id: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.course_id = course_id


def find_cohort(cohort_id: int, *, among: QuerySet[Cohort] | None = None) -> Cohort:
    """Returns the cohort (of `among`, by default of all) or raises Missing."""
    cohort = (Cohort.objects.all() if among is None else among).filter(pk=cohort_id).first()
    if cohort is None:
        log.warning("cohort_not_found")
        raise Missing("There is no such cohort.", code="cohort_not_found")
    log.debug("cohort_found", active=cohort.active, start_date=cohort.start_date.isoformat())
    return cohort


def assign_student(cohort: Cohort, student_id: int) -> None:
    """Puts a student into the cohort and gives the first project of its active course.

    Raises Missing for an unknown person and Refused for one who is in the cohort already. A project that cannot
    be given does not undo the place in the cohort; it is logged as an error.
    """
    structlog.contextvars.bind_contextvars(student_id=student_id)
    log.info("student_assignment_attempt")
    student = _find_student(student_id)
    log.debug("creating_cohort_assignment")
    with transaction.atomic():
        membership, created = NssUserCohort.objects.get_or_create(nss_user=student, cohort=cohort)
    if not created:
        log.warning("user_already_assigned_to_cohort", assignment_id=membership.pk)
        raise Refused("Person is already assigned to cohort", code="already_assigned")
    log.info("cohort_assignment_created", assignment_id=membership.pk, members=cohort.members.count())
    _give_first_project(cohort, student)


def assign_instructor(cohort: Cohort, account_id: int) -> None:
    """Puts the calling instructor into the cohort; instructors are in one cohort at a time."""
    log.info("instructor_assignment_attempt")
    with transaction.atomic():
        instructor = _find_instructor(account_id, lock=True)
        current = NssUserCohort.objects.filter(nss_user=instructor).select_related("cohort").first()
        if current is None:
            log.debug("instructor_not_assigned_to_any_cohort", instructor_id=instructor.pk)
            current = NssUserCohort.objects.create(nss_user=instructor, cohort=cohort)
            created = True
        else:
            created = False
    if created:
        log.info("cohort_assignment_created", assignment_id=current.pk, instructor_id=instructor.pk)
        return
    log.warning("instructor_already_assigned", instructor_id=instructor.pk, current_cohort_id=current.cohort_id)
    if current.cohort_id == cohort.pk:
        raise Refused("Person is already assigned to cohort", code="already_assigned")
    raise Refused(
        f"Instructor cannot be in more than 1 cohort at a time. Currently assigned to cohort {current.cohort.name}",
        code="assigned_elsewhere",
    )


def remove_student(cohort: Cohort, student_id: int | None) -> None:
    """Takes a student out of the cohort. Projects stay: they are the student's work."""
    if student_id is None:
        log.warning("student_removal_without_student")
        raise Refused("Please provide a student ID to remove.", code="student_id_required")
    structlog.contextvars.bind_contextvars(student_id=student_id)
    log.info("student_removal_attempt")
    _remove(cohort, _find_student(student_id))


def remove_instructor(cohort: Cohort, account_id: int) -> None:
    """Takes the calling instructor out of the cohort."""
    log.info("instructor_removal_attempt")
    _remove(cohort, _find_instructor(account_id))


def first_project(cohort: Cohort) -> Project:
    """The first project of the first book of the cohort's active course. Raises NoFirstProject."""
    link = CohortCourse.objects.filter(cohort=cohort, active=True).order_by("index").first()
    if link is None:
        raise NoFirstProject(f"cohort {cohort.pk} has no active course", reason="no_active_course")
    log.debug("active_course_found", course_id=link.course_id, course_index=link.index)
    book = Book.objects.filter(course=link.course_id, index=0).order_by("pk").first()
    if book is None:
        raise NoFirstProject(
            f"course {link.course_id} has no first book", reason="no_first_book", course_id=link.course_id
        )
    project = book.child_projects.filter(index=0, active=True).order_by("pk").first()
    if project is None:
        raise NoFirstProject(
            f"book {book.pk}, the first of course {link.course_id}, has no first project",
            reason="no_first_project",
            course_id=link.course_id,
        )
    log.debug("first_project_found", project_id=project.pk, book_id=book.pk)
    return project


def _give_first_project(cohort: Cohort, student: NssUser) -> None:
    log.info("assigning_student_to_first_project")
    try:
        project = first_project(cohort)
        with transaction.atomic():
            _, given = StudentProject.objects.get_or_create(student=student, project=project)
    except NoFirstProject as problem:
        log.exception("failed_to_assign_student_to_project", reason=problem.reason, course_id=problem.course_id)
    except DatabaseError:
        log.exception("failed_to_assign_student_to_project", reason="database")
    else:
        log.info("student_assigned_to_project", project_id=project.pk, had_it_before=not given)


def _remove(cohort: Cohort, person: NssUser) -> None:
    removed, _ = NssUserCohort.objects.filter(nss_user=person, cohort=cohort).delete()
    if not removed:
        log.warning("student_not_in_cohort", person_id=person.pk)
        raise Refused("Student is not assigned to that cohort.", code="not_assigned")
    log.info("cohort_assignment_deleted", person_id=person.pk, projects_kept=person.projects.count())


def _find_student(student_id: int) -> NssUser:
    student = NssUser.objects.filter(pk=student_id).first()
    if student is None:
        log.warning("user_not_found")
        raise Missing("There is no such person.", code="user_not_found")
    log.debug("student_found", other_cohorts=student.assigned_cohorts.count())
    return student


def _find_instructor(account_id: int, *, lock: bool = False) -> NssUser:
    people = NssUser.objects.select_for_update() if lock else NssUser.objects.all()
    instructor = people.filter(user=account_id).first()
    if instructor is None:
        log.warning("user_not_found")
        raise Missing("Your account belongs to no person of the school.", code="user_not_found")
    log.debug("instructor_found", instructor_id=instructor.pk)
    return instructor
