"""People, the cohorts they are in, and where a cohort meets."""

from typing import Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q

INSTRUCTORS = "Instructors"
STUDENTS = "Students"


class NssUser(models.Model):
    """A person of the school. Its id is the subject of a request; who acts is the account, `user`."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="nssuser")
    slack_handle = models.CharField(max_length=55, blank=True, default="", help_text="the member id at Slack")
    github_handle = models.CharField(max_length=55, blank=True, default="")

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.user.first_name} {self.user.last_name}".strip()

    @property
    def name(self) -> str:
        return self.full_name

    @property
    def is_instructor(self) -> bool:
        return self.user.groups.filter(name=INSTRUCTORS).exists()

    @property
    def current_cohort(self) -> dict[str, Any]:
        """The cohort this person joined last, in short."""
        place = self.assigned_cohorts.select_related("cohort").order_by("-pk").first()
        if place is None:
            return {"name": "Unassigned"}
        cohort = place.cohort
        return {"id": cohort.pk, "name": cohort.name, "start": cohort.start_date, "end": cohort.end_date}


class CohortQuerySet(models.QuerySet["Cohort"]):
    def described_for(self, account_id: int) -> "CohortQuerySet":
        """With what an answer shows of each cohort; `is_instructor` is about that account."""
        own_places = NssUserCohort.objects.filter(cohort=OuterRef("pk"), nss_user__user=account_id)
        return (
            self.annotate(
                students=Count("members", filter=Q(members__nss_user__user__is_staff=False)),
                is_instructor=Exists(own_places.filter(nss_user__user__is_staff=True)),
            )
            .select_related("info")
            .prefetch_related("courses__course", "members__nss_user__user")
        )


class Cohort(models.Model):
    name = models.CharField(max_length=55, unique=True)
    slack_channel = models.CharField(max_length=55, blank=True, default="")
    start_date = models.DateField()
    end_date = models.DateField()
    break_start_date = models.DateField()
    break_end_date = models.DateField()
    active = models.BooleanField(default=False)

    objects = CohortQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(end_date__gte=F("start_date")), name="a_cohort_ends_after_its_start")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def coaches(self) -> list[dict[str, Any]]:
        people = [member.nss_user for member in self.members.all()]
        return [{"id": person.pk, "name": person.full_name} for person in people if person.user.is_staff]


class CohortInfo(models.Model):
    """Where a cohort meets and works. The addresses are personal to the cohort and are never logged."""

    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, related_name="info")
    student_organization_url = models.URLField(max_length=255, blank=True, default="")
    github_classroom_url = models.URLField(max_length=255, blank=True, default="")
    attendance_sheet_url = models.URLField(max_length=255, blank=True, default="")
    client_course_url = models.URLField(max_length=255, blank=True, default="")
    server_course_url = models.URLField(max_length=255, blank=True, default="")
    zoom_url = models.URLField(max_length=255, blank=True, default="")

    class Meta:
        verbose_name_plural = "cohort info"

    def __str__(self) -> str:
        return f"Info of {self.cohort}"


class NssUserCohort(models.Model):
    """One person's place in one cohort."""

    nss_user = models.ForeignKey(NssUser, on_delete=models.CASCADE, related_name="assigned_cohorts")
    # A cohort with members cannot be deleted: their history would go with it.
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="members")
    is_github_org_member = models.BooleanField(default=False)

    class Meta:
        verbose_name = "member of a cohort"
        verbose_name_plural = "members of cohorts"
        constraints = [models.UniqueConstraint(fields=["nss_user", "cohort"], name="one_place_per_person_and_cohort")]

    def __str__(self) -> str:
        return self.cohort.name
