"""The paths of the read API."""

from django.urls import path, re_path

from logviewer.api.events import events, not_found
from logviewer.api.fields import fields

urlpatterns = [
    path("events", events, name="api_events"),
    path("fields", fields, name="api_fields"),
    re_path("", not_found, name="api_not_found"),
]
