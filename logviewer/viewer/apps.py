"""Registers the pages."""

from django.apps import AppConfig


class ViewerConfig(AppConfig):
    name = "logviewer.viewer"
    label = "viewer"
