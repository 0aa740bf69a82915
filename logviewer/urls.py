"""Every path of the product on one screen."""

from django.urls import include, path

from logviewer.health import healthz, readyz

handler400 = "logviewer.unexpected.bad_request"
handler500 = "logviewer.unexpected.server_error"

urlpatterns = [
    path("ingest/", include("ingest.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/v1/", include("logviewer.api.urls")),
    path("accounts/", include("logviewer.accounts.login_urls")),
    path("manage/", include("logviewer.accounts.urls")),
    path("", include("logviewer.viewer.urls")),
]
