"""The paths of ingest. Whatever else is asked for here gets its 404 in JSON too."""

from django.urls import path, re_path

from ingest import endpoint

urlpatterns = [
    path("v1/events", endpoint.events, name="ingest_events"),
    path("logstash", endpoint.logstash, name="ingest_logstash"),
    path("v1/ready", endpoint.ready, name="ingest_ready"),
    re_path(r"", endpoint.no_such_path),
]
