"""Gives searches more time than a person would wait: what is found in time shall not depend on what else runs here.

Tests about a time that is up set that time themselves.
"""

from importlib import import_module

from django.apps import AppConfig

ENOUGH_S = 14.0  # a statement of a search ends after 15
TIMES = {
    "alternatives": ("SINGLY_S", "EACH_S", "BUDGET_S", "OUTSIDE_BUDGET_S"),
    "arrivals": ("WITHIN_S",),
    "catalogue": ("WITHIN_S",),
    "completion": ("NEWEST_WITHIN_S", "CATALOGUE_WITHIN_S"),
    "count": ("BUDGET_S",),
    "events": ("AT_ONCE_S",),
    "following": ("LONGEST_WAIT_S",),
    "histogram": ("BUDGET_S",),
    "rollups": ("WITHIN_S",),
    "sampling": ("BUDGET_S", "PILOT_WITHIN_S"),
    "series_in_time": ("FEW_WITHIN_S",),
    "services": ("WITHIN_S",),
    "unknown_fields": ("WITHIN_S",),
}


class Patience(AppConfig):
    name = "tests.patience"

    def ready(self) -> None:
        for module, names in TIMES.items():
            for name in names:
                query = import_module(f"logviewer.query.{module}")
                assert name in vars(query)
                setattr(query, name, ENOUGH_S)
