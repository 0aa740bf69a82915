"""What requests may say, and what cohorts look like from outside."""

from typing import Any

from django.db import models
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from LearningAPI.errors import Refused
from LearningAPI.models import Cohort, CohortCourse, Course

STUDENT = "student"
INSTRUCTOR = "instructor"
MOST_COHORTS_LISTED = 500
LONGEST_MESSAGE = 3000


class StrictCharField(serializers.CharField):
    """Text only: REST framework's own would make one of a number."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class AssignmentQuery(serializers.Serializer[None]):
    """Who is assigned or removed: a student named in the body, or the calling instructor."""

    userType = serializers.ChoiceField(  # noqa: N815  (the wire's name)
        choices=[STUDENT, INSTRUCTOR],
        default=STUDENT,
        error_messages={"invalid_choice": f"Write {STUDENT} or {INSTRUCTOR}."},
    )


class AssignmentBody(serializers.Serializer[None]):
    person_id = serializers.IntegerField(min_value=1)


class RemovalBody(serializers.Serializer[None]):
    student_id = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class ActivationBody(serializers.Serializer[None]):
    active = serializers.BooleanField(default=True)


class CohortListQuery(serializers.Serializer[None]):
    q = serializers.CharField(required=False, allow_blank=True, max_length=55, default="")
    active = serializers.BooleanField(required=False, allow_null=True, default=None)
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_COHORTS_LISTED, default=MOST_COHORTS_LISTED
    )


class CourseIdField(serializers.PrimaryKeyRelatedField[Course]):
    """The id of a course that exists, or nothing."""

    def __init__(self, **options: Any) -> None:
        # Without a field for it, whatever int() takes would be an id: 1.5 for instance.
        options |= {"queryset": Course.objects.all(), "pk_field": serializers.IntegerField()}
        super().__init__(required=False, allow_null=True, default=None, **options)


class NewCohort(serializers.Serializer[Cohort]):
    """A cohort to be made, in the names that clients send."""

    name = StrictCharField(max_length=55, validators=[UniqueValidator(Cohort.objects.all())])
    slackChannel = StrictCharField(source="slack_channel", max_length=55, allow_blank=True)  # noqa: N815
    startDate = serializers.DateField(source="start_date")  # noqa: N815
    endDate = serializers.DateField(source="end_date")  # noqa: N815
    clientSide = CourseIdField(source="client_side")  # noqa: N815
    serverSide = CourseIdField(source="server_side")  # noqa: N815
    orgURL = serializers.URLField(  # noqa: N815
        source="student_organization_url", max_length=255, required=False, allow_blank=True, default=""
    )

    def validate(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if wanted["client_side"] is None or wanted["server_side"] is None:
            raise Refused("Please choose both courses for this cohort.", code="courses_required", key="reason")
        if wanted["client_side"] == wanted["server_side"]:
            raise serializers.ValidationError({"serverSide": "Choose another course than for the client side."})
        if wanted["end_date"] < wanted["start_date"]:
            raise serializers.ValidationError({"endDate": "A cohort ends after its start."})
        return wanted


class CohortChange(serializers.ModelSerializer[Cohort]):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: StrictCharField,
    }

    class Meta:
        model = Cohort
        fields = ["name", "slack_channel", "start_date", "end_date"]
        extra_kwargs = {"slack_channel": {"required": True}}

    def validate(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if wanted["end_date"] < wanted["start_date"]:
            raise serializers.ValidationError({"end_date": "A cohort ends after its start."})
        return wanted


class CourseSerializer(serializers.ModelSerializer[Course]):
    class Meta:
        model = Course
        fields = ["id", "name", "date_created", "active"]


class CohortCourseSerializer(serializers.ModelSerializer[CohortCourse]):
    course = CourseSerializer()

    class Meta:
        model = CohortCourse
        fields = ["id", "course", "active", "index"]


class CoachSerializer(serializers.Serializer[None]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class CohortSerializer(serializers.ModelSerializer[Cohort]):
    """A cohort as `Cohort.objects.described_for` finds it."""

    coaches = CoachSerializer(many=True)
    students = serializers.IntegerField()
    is_instructor = serializers.BooleanField()
    courses = CohortCourseSerializer(many=True)
    info: serializers.PrimaryKeyRelatedField[Cohort] = serializers.PrimaryKeyRelatedField(read_only=True)
    student_organization_url = serializers.CharField(source="info.student_organization_url", default="")
    github_classroom_url = serializers.CharField(source="info.github_classroom_url", default="")
    attendance_sheet_url = serializers.CharField(source="info.attendance_sheet_url", default="")

    class Meta:
        model = Cohort
        fields = [
            "id",
            "name",
            "slack_channel",
            "start_date",
            "end_date",
            "break_start_date",
            "break_end_date",
            "coaches",
            "students",
            "is_instructor",
            "courses",
            "info",
            "student_organization_url",
            "github_classroom_url",
            "attendance_sheet_url",
            "active",
        ]


class Credentials(serializers.Serializer[None]):
    username = StrictCharField(max_length=150)
    password = StrictCharField(max_length=128, trim_whitespace=False, write_only=True)


class Login(serializers.Serializer[None]):
    """What a good login is answered with."""

    valid = serializers.BooleanField()
    token = serializers.CharField()
    id = serializers.IntegerField(help_text="of the account")
    is_staff = serializers.BooleanField()


class Notification(serializers.Serializer[None]):
    message = StrictCharField(max_length=LONGEST_MESSAGE)


class Message(serializers.Serializer[None]):
    """An answer in a sentence."""

    message = serializers.CharField()


class Problem(serializers.Serializer[None]):
    """Every refusal and failure: a sentence in `message`, `reason` or `detail`, and what to look for in the log."""

    request_id = serializers.CharField()
    message = serializers.CharField(required=False)
    reason = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)
    errors: Any = serializers.DictField(required=False, help_text="what is wrong with which field")
