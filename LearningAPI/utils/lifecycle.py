"""The first and the last events of a process that serves: that it started, with which settings, and that it stopped."""

import os
import platform
import time
from multiprocessing.util import Finalize
from typing import Any

import django
from django.conf import settings
from django.db import connection

from LearningAPI.utils.logging import get_logger

log = get_logger("lifecycle")

BEFORE_SHIPPING_ENDS = 1


def announce() -> None:
    """Logs service_started and service_configured now, and service_stopped when the process ends in order."""
    began = time.monotonic()
    log.info("service_started", pid=os.getpid(), python=platform.python_version(), django=django.get_version())
    log.info("service_configured", **configuration())
    # Also runs where a web server forks its workers, which end without `atexit`.
    Finalize(None, _stopped, args=(began,), exitpriority=BEFORE_SHIPPING_ENDS)


def configuration() -> dict[str, Any]:
    """The settings that explain how the service behaves; none that is a secret or tells where one is."""
    return {
        "debug": settings.DEBUG,
        "console": settings.LEARNINGAPI.console,
        "database": connection.settings_dict["NAME"],
        "allowed_hosts": list(settings.ALLOWED_HOSTS),
        "middleware": [name.rpartition(".")[2] for name in settings.MIDDLEWARE],
        "slow_query_ms": settings.SLOW_QUERY_MS,
        "log_student_names": settings.LOG_STUDENT_NAMES,
    }


def _stopped(began: float) -> None:
    log.info("service_stopped", pid=os.getpid(), uptime_s=round(time.monotonic() - began, 3))
