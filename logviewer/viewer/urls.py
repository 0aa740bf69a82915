"""The pages' paths."""

from django.urls import path

from logviewer.viewer.views.event import event
from logviewer.viewer.views.events import events
from logviewer.viewer.views.first_event import first_event
from logviewer.viewer.views.preferences import preferences, theme
from logviewer.viewer.views.request import request_story
from logviewer.viewer.views.tail import tail

urlpatterns = [
    path("", events, name="events"),
    path("events", events),
    path("events/<str:time>/<int:event_id>", event, name="event"),
    path("requests/<path:request_id>", request_story, name="request"),
    path("tail", tail, name="tail"),
    path("first-event", first_event, name="first_event"),
    path("preferences", preferences, name="preferences"),
    path("preferences/theme", theme, name="theme"),
]
