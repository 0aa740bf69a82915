"""What cohorts work on: courses of books of projects, and the projects that students are given."""

from django.db import models
from django.db.models import Q

from LearningAPI.models.people import Cohort, NssUser

CLIENT_SIDE, SERVER_SIDE = 0, 1  # CohortCourse.index


class NoFirstProject(Exception):
    """A course has no project to begin with. `reason` and `course_id` go into the log."""

    def __init__(self, message: str, *, reason: str, course_id: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.course_id = course_id


class Course(models.Model):
    name = models.CharField(max_length=75)
    date_created = models.DateField(auto_now_add=True)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    def first_project(self) -> "Project":
        """The first project of the first book. Raises NoFirstProject."""
        book = self.books.filter(index=0).order_by("pk").first()
        if book is None:
            raise NoFirstProject(f"course {self.pk} has no first book", reason="no_first_book", course_id=self.pk)
        project = book.child_projects.filter(index=0, active=True).order_by("pk").first()
        if project is None:
            raise NoFirstProject(
                f"book {book.pk}, the first of course {self.pk}, has no first project",
                reason="no_first_project",
                course_id=self.pk,
            )
        return project


class CohortCourse(models.Model):
    """A course that a cohort takes. Students work on the active one."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="courses")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="cohorts")
    active = models.BooleanField(default=False)
    index = models.PositiveSmallIntegerField(default=SERVER_SIDE, help_text="0: client side, 1: server side")

    class Meta:
        verbose_name = "course of a cohort"
        verbose_name_plural = "courses of cohorts"
        constraints = [
            models.UniqueConstraint(fields=["cohort", "course"], name="a_course_once_per_cohort"),
            models.UniqueConstraint(fields=["cohort"], condition=Q(active=True), name="one_active_course_per_cohort"),
        ]

    def __str__(self) -> str:
        return f"{self.cohort}: {self.course}"


class Book(models.Model):
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="books")
    name = models.CharField(max_length=75)
    description = models.TextField(blank=True, default="")
    index = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name

    @property
    def projects(self) -> "models.QuerySet[Project]":
        return self.child_projects.order_by("index")


class Project(models.Model):
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="child_projects")
    name = models.CharField(max_length=55)
    implementation_url = models.CharField(max_length=256, blank=True, default="")
    client_template_url = models.URLField(blank=True, default="")
    api_template_url = models.URLField(blank=True, default="")
    index = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)
    is_group_project = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name

    @property
    def course(self) -> int:
        """The id of its book's course."""
        return self.book.course_id


class StudentProject(models.Model):
    """A project that a student has been given."""

    student = models.ForeignKey(NssUser, on_delete=models.CASCADE, related_name="projects")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="students")
    date_created = models.DateField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["student", "project"], name="a_project_once_per_student")]

    def __str__(self) -> str:
        return f"{self.student}: {self.project}"
