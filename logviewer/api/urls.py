"""The paths of the read API."""

from django.urls import path, re_path

from logviewer.api.events import events, not_found

urlpatterns = [
    path("events", events, name="api_events"),
    re_path("", not_found, name="api_not_found"),
]
