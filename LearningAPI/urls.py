"""Every address of the service. None ends with a slash."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from LearningAPI.views.cohorts import CohortViewSet
from LearningAPI.views.health import healthz

router = SimpleRouter(trailing_slash=False)
router.register("cohorts", CohortViewSet, basename="cohort")

urlpatterns: list[URLPattern | URLResolver] = [path("healthz", healthz), *router.urls]

handler400 = "LearningAPI.errors.bad_request"
handler404 = "LearningAPI.errors.not_found"
handler500 = "LearningAPI.errors.server_error"
