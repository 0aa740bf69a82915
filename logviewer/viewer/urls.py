"""The pages' paths."""

from django.urls import path

from logviewer.viewer.views.alternatives import alternatives
from logviewer.viewer.views.around import around, jump
from logviewer.viewer.views.completion import completion
from logviewer.viewer.views.event import event
from logviewer.viewer.views.events import events
from logviewer.viewer.views.fields import field, field_numbers, fields
from logviewer.viewer.views.first_event import first_event
from logviewer.viewer.views.histogram import histogram
from logviewer.viewer.views.preferences import preferences, theme
from logviewer.viewer.views.query_help import query_help
from logviewer.viewer.views.request import request_story
from logviewer.viewer.views.selected import selected

urlpatterns = [
    path("", events, name="events"),
    path("events", events),
    path("events/<str:time>/<int:event_id>", event, name="event"),
    path("events/<str:time>/<int:event_id>/around", around, name="around"),
    path("jump", jump, name="jump"),
    path("selected", selected, name="selected"),
    path("histogram", histogram, name="histogram"),
    path("fields", fields, name="fields"),
    path("fields/values", field, name="field"),
    path("fields/numbers", field_numbers, name="field_numbers"),
    path("search/completion", completion, name="completion"),
    path("search/alternatives", alternatives, name="alternatives"),
    path("search/help", query_help, name="query_help"),
    path("requests/<path:request_id>", request_story, name="request"),
    path("first-event", first_event, name="first_event"),
    path("preferences", preferences, name="preferences"),
    path("preferences/theme", theme, name="theme"),
]
