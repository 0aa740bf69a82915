"""The school: people, cohorts, the courses a cohort takes, and the projects its students are given."""

from django.contrib.auth.models import User
from django.db import models


class NssUser(models.Model):
    """A person of the school. Its id is the subject of the API; who acts is the account's own id."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="nssuser")
    slack_handle = models.CharField(max_length=55, blank=True, default="")
    github_handle = models.CharField(max_length=55, blank=True, default="")

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.user.first_name} {self.user.last_name}".strip()


class Cohort(models.Model):
    name = models.CharField(max_length=55, unique=True)
    slack_channel = models.CharField(max_length=55, blank=True, default="")
    start_date = models.DateField()
    end_date = models.DateField()
    break_start_date = models.DateField()
    break_end_date = models.DateField()
    active = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class CohortInfo(models.Model):
    """Where a cohort meets and works. The addresses are personal to the cohort and are never logged."""

    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, related_name="info")
    student_organization_url = models.URLField(max_length=255, blank=True, default="")
    github_classroom_url = models.URLField(max_length=255, blank=True, default="")
    attendance_sheet_url = models.URLField(max_length=255, blank=True, default="")
    client_course_url = models.URLField(max_length=255, blank=True, default="")
    server_course_url = models.URLField(max_length=255, blank=True, default="")
    zoom_url = models.URLField(max_length=255, blank=True, default="")

    def __str__(self) -> str:
        return f"Info of {self.cohort}"


class NssUserCohort(models.Model):
    """One person's place in one cohort."""

    nss_user = models.ForeignKey(NssUser, on_delete=models.CASCADE, related_name="assigned_cohorts")
    # A cohort with members cannot be deleted: their history would go with it.
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="members")
    is_github_org_member = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["nss_user", "cohort"], name="one_place_per_person_and_cohort")]

    def __str__(self) -> str:
        return self.cohort.name


class Course(models.Model):
    name = models.CharField(max_length=75)
    date_created = models.DateField(auto_now_add=True)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class CohortCourse(models.Model):
    """A course that a cohort takes. By convention index 0 is the client side and 1 the server side."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="courses")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="cohorts")
    active = models.BooleanField(default=False)
    index = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cohort", "course"], name="a_course_once_per_cohort")]

    def __str__(self) -> str:
        return f"{self.cohort}: {self.course}"


class Book(models.Model):
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="books")
    name = models.CharField(max_length=75)
    description = models.TextField(blank=True, default="")
    index = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


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


class StudentProject(models.Model):
    """A project that a student has been given."""

    student = models.ForeignKey(NssUser, on_delete=models.CASCADE, related_name="projects")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="students")
    date_created = models.DateField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["student", "project"], name="a_project_once_per_student")]

    def __str__(self) -> str:
        return f"{self.student}: {self.project}"
