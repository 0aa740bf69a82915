"""Registers the store app."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    name = "logviewer.store"
    label = "store"
