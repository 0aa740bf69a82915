"""Django's settings of the Learning Platform API: one file, read from top to bottom."""

import logging
import os
import sys
from importlib.util import find_spec
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
if find_spec("logviewer_client") is None:
    # In a checkout the client is not installed, only there.
    sys.path.append(os.fspath(BASE_DIR / "client" / "src"))

from LearningAPI import database, env  # noqa: E402
from logviewer_client import configure  # noqa: E402

LEARNINGAPI = env.read()

DEBUG = LEARNINGAPI.debug
SECRET_KEY = LEARNINGAPI.secret_key
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", LEARNINGAPI.host, *LEARNINGAPI.allowed_hosts]
ROOT_URLCONF = "LearningAPI.urls"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"

INSTALLED_APPS = [
    "LearningAPI",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework.authtoken",
]

MIDDLEWARE = [
    # First, so that every line of a request carries its id: also those of early refusals.
    "LearningAPI.middleware.logging_middleware.LoggingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]

DATABASES = {"default": database.connection_settings(LEARNINGAPI.database_url)}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "LearningAPI.errors.answer",
}

# Logging. For people in development, JSON on stdout in production; shipped wherever LOGVIEWER_URL and LOGVIEWER_KEY say
# to where. Django leaves logging alone: set up twice, every line of its own would be printed twice.
LOGGING_CONFIG = None
configure(service=LEARNINGAPI.service, level="INFO", console=LEARNINGAPI.console)
logging.getLogger("LearningAPI").setLevel(logging.DEBUG)
logging.getLogger("django.request").setLevel(logging.ERROR)  # of what is refused LearningAPI.http tells more

LOGVIEWER_SKIP_PATHS = ("/static/", "/media/", "/healthz")  # good requests to these are no events; errors always are
SLOW_QUERY_MS = LEARNINGAPI.slow_query_ms
LOG_STUDENT_NAMES = LEARNINGAPI.log_student_names
