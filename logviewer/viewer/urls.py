"""The pages' paths."""

from django.urls import path

from logviewer.viewer.views.alternatives import alternatives
from logviewer.viewer.views.around import around, jump
from logviewer.viewer.views.completion import completion
from logviewer.viewer.views.event import event
from logviewer.viewer.views.events import events
from logviewer.viewer.views.exports import export, export_cancel, export_file, export_new
from logviewer.viewer.views.fields import field, field_numbers, fields
from logviewer.viewer.views.first_event import first_event
from logviewer.viewer.views.histogram import histogram
from logviewer.viewer.views.live_counts import live_counts
from logviewer.viewer.views.preferences import preferences, theme
from logviewer.viewer.views.query_help import query_help
from logviewer.viewer.views.request import request_story
from logviewer.viewer.views.saved_views import (
    recent_forget,
    recent_forget_all,
    view_delete,
    view_edit,
    view_new,
    views,
)
from logviewer.viewer.views.selected import selected
from logviewer.viewer.views.tail import tail

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
    path("tail", tail, name="tail"),
    path("tail/counts", live_counts, name="live_counts"),
    path("views", views, name="views"),
    path("views/new", view_new, name="view_new"),
    path("views/<int:view_id>", view_edit, name="view_edit"),
    path("views/<int:view_id>/delete", view_delete, name="view_delete"),
    path("views/recent/<int:search_id>/forget", recent_forget, name="recent_forget"),
    path("views/recent/forget", recent_forget_all, name="recent_forget_all"),
    path("exports/new", export_new, name="export_new"),
    path("exports/<int:export_id>", export, name="export"),
    path("exports/<int:export_id>/file", export_file, name="export_file"),
    path("exports/<int:export_id>/cancel", export_cancel, name="export_cancel"),
    path("first-event", first_event, name="first_event"),
    path("preferences", preferences, name="preferences"),
    path("preferences/theme", theme, name="theme"),
]
