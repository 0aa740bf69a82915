"""The paths of the read API."""

from django.urls import path, re_path

from logviewer.api import aggregates
from logviewer.api.events import events, not_found
from logviewer.api.fields import fields

urlpatterns = [
    path("events", events, name="api_events"),
    path("fields", fields, name="api_fields"),
    path("histogram", aggregates.histogram, name="api_histogram"),
    path("count", aggregates.count, name="api_count"),
    path("values", aggregates.values, name="api_values"),
    path("percentiles", aggregates.percentiles, name="api_percentiles"),
    re_path("", not_found, name="api_not_found"),
]
