"""The service's addresses and one more, which has a mistake in it: a log viewer is tried with a real traceback.

LEARNINGAPI_DEMO=1 takes these in place of LearningAPI.urls. No other setting does.
"""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from LearningAPI import urls
from LearningAPI.models import NssUserCohort, StudentProject
from LearningAPI.utils.logging import bind_request_context, log_action


class ProgressView(APIView):
    """How large a share of a cohort has a project. Nobody thought of cohorts that nobody is in yet."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        bind_request_context(cohort_id=kwargs["pk"])
        super().initial(request, *args, **kwargs)

    @log_action("cohort_progress")
    def get(self, request: Request, pk: int) -> Response:
        members = NssUserCohort.objects.filter(cohort=pk)
        working = StudentProject.objects.filter(student__in=members.values("nss_user")).values("student").distinct()
        return Response({"share": working.count() / members.count()})


urlpatterns = [*urls.urlpatterns, path("cohorts/<int:pk>/progress", ProgressView.as_view())]

handler400 = urls.handler400
handler404 = urls.handler404
handler500 = urls.handler500
