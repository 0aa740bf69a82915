"""What requests may say and what cohorts look like from outside."""

from rest_framework import serializers

from LearningAPI.models import Cohort, CohortCourse, Course

STUDENT = "student"
INSTRUCTOR = "instructor"
MOST_COHORTS_LISTED = 500


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


class CohortListQuery(serializers.Serializer[None]):
    q = serializers.CharField(required=False, allow_blank=True, max_length=55, default="")
    active = serializers.BooleanField(required=False, allow_null=True, default=None)
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_COHORTS_LISTED, default=MOST_COHORTS_LISTED
    )


class CourseSerializer(serializers.ModelSerializer[Course]):
    class Meta:
        model = Course
        fields = ["id", "name", "date_created", "active"]


class CohortCourseSerializer(serializers.ModelSerializer[CohortCourse]):
    course = CourseSerializer()

    class Meta:
        model = CohortCourse
        fields = ["id", "course", "active", "index"]


class CohortSerializer(serializers.ModelSerializer[Cohort]):
    """A cohort as `cohorts_for` annotates it: `student_count` and `is_instructor` come with the row."""

    coaches = serializers.SerializerMethodField()
    students = serializers.IntegerField(source="student_count")
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

    def get_coaches(self, cohort: Cohort) -> list[dict[str, object]]:
        people = [member.nss_user for member in cohort.members.all()]
        return [{"id": person.pk, "name": person.full_name} for person in people if person.user.is_staff]
