"""Every address of the service. None but the admin's ends with a slash."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny
from rest_framework.routers import SimpleRouter

from LearningAPI.views.account_view import LogoutView, VerifyView
from LearningAPI.views.cohort_view import CohortViewSet
from LearningAPI.views.health import healthz
from LearningAPI.views.notify_view import NotifyView

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("cohorts", CohortViewSet, basename="cohort")

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("accounts/verify", VerifyView.as_view()),
    path("accounts/logout", LogoutView.as_view()),
    path("notify", NotifyView.as_view()),
    path("openapi.json", SpectacularJSONAPIView.as_view(permission_classes=[AllowAny])),
    path("healthz", healthz),
    path("admin/", admin.site.urls),
]

handler400 = "LearningAPI.errors.bad_request"
handler403 = "LearningAPI.errors.permission_denied"
handler404 = "LearningAPI.errors.not_found"
handler500 = "LearningAPI.errors.server_error"
