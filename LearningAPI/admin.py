"""The school's records, for its staff, at /admin/."""

from django.contrib import admin

from LearningAPI.models import (
    Book,
    Cohort,
    CohortCourse,
    CohortInfo,
    Course,
    NssUser,
    NssUserCohort,
    Project,
    StudentProject,
)

admin.site.site_header = admin.site.site_title = "Learning Platform"
admin.site.site_url = None  # there are no pages but these


@admin.register(NssUser)
class NssUserAdmin(admin.ModelAdmin):
    list_display = ["id", "full_name"]
    list_filter = ["user__groups"]
    list_select_related = ["user"]
    search_fields = ["user__first_name", "user__last_name"]
    autocomplete_fields = ["user"]


class CohortCourseInline(admin.TabularInline):
    model = CohortCourse
    extra = 0


class CohortInfoInline(admin.StackedInline):
    model = CohortInfo


@admin.register(Cohort)
class CohortAdmin(admin.ModelAdmin):
    list_display = ["name", "start_date", "end_date", "active"]
    list_filter = ["active"]
    search_fields = ["name"]
    inlines = [CohortInfoInline, CohortCourseInline]


@admin.register(NssUserCohort)
class NssUserCohortAdmin(admin.ModelAdmin):
    list_display = ["nss_user", "cohort", "is_github_org_member"]
    list_select_related = ["nss_user__user", "cohort"]
    list_filter = ["cohort"]
    autocomplete_fields = ["nss_user", "cohort"]


@admin.register(Course)
class CourseAdmin(admin.ModelAdmin):
    list_display = ["name", "date_created", "active"]
    search_fields = ["name"]


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    list_display = ["name", "course", "index"]
    list_filter = ["course"]
    search_fields = ["name"]


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    list_display = ["name", "book", "index", "active", "is_group_project"]
    list_select_related = ["book"]
    list_filter = ["book__course"]
    search_fields = ["name"]


@admin.register(StudentProject)
class StudentProjectAdmin(admin.ModelAdmin):
    list_display = ["student", "project", "date_created"]
    list_select_related = ["student__user", "project"]
    autocomplete_fields = ["student", "project"]
