"""The paths of the read API."""

from django.urls import path

from logviewer.api.events import events

urlpatterns = [path("events", events, name="api_events")]
