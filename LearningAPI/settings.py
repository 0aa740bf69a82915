"""Django's settings of the Learning Platform API: one file, read from top to bottom."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
if find_spec("logviewer_client") is None:
    # In a checkout the client is not installed, only there.
    sys.path.append(os.fspath(BASE_DIR / "client" / "src"))

from LearningAPI import database, env, log_setup  # noqa: E402  (log_setup needs the client)

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
    "logviewer_client.RequestContextMiddleware",
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

LOGVIEWER_SKIP_PATHS = ("/healthz",)  # asked every few seconds, by machines

LOGGING = log_setup.LOGGING
log_setup.configure_structlog()
